"""What the accessibility statement says, and that it claims no more than was examined."""

import re

from django.conf import settings

from schools import statement
from schools.statement import FAULTS, STATUS, STATUSES


def read(client):
    words = re.sub(r"<[^>]+>", " ", client.get("/accessibility").content.decode())
    return re.sub(r"\s+", " ", words).replace("\u00ad", "")


def test_it_has_every_part_of_the_model_form(client):
    said = read(client)

    parts = ["De gemeente Zaanstad", settings.BASE_URL, "EN 301 549", "WCAG 2.1", "WCAG 2.2"]
    parts += ["Gemaakt op 27 november 2026", "Laatst veranderd op", "Getekend", settings.CONTACT_EMAIL]
    parts += ["Binnen vijf werkdagen", "Binnen drie weken", "Nationale ombudsman"]
    for fault in FAULTS:
        parts += [f"WCAG {fault.rule}", *(str(one) for one in (fault.what, fault.why, fault.effect, fault.instead))]
    assert [part for part in parts if part not in said] == []


def test_without_an_independent_examination_it_calls_itself_no_better_than_c(client):
    assert STATUS == "C"
    assert [letter for letter, _name, _meaning in STATUSES] == ["A", "B", "C", "D", "E"]
    assert "C: Eerste maatregelen genomen" in read(client)
    assert "Een onafhankelijke partij heeft deze site nog niet onderzocht." in read(client)


def test_what_is_planned_comes_after_the_last_change():
    planned = [fault.mended_before for fault in FAULTS] + [statement.TO_BE_EXAMINED_BEFORE]
    assert all(day > statement.CHANGED_ON >= statement.MADE_ON for day in planned)


def test_a_signed_one_is_found_in_the_national_register(client, settings):
    assert "Getekend Nog niet" in read(client)
    settings.ACCESSIBILITY_REGISTER = "https://register.example/1"

    page = client.get("/accessibility").content.decode()

    assert 'href="https://register.example/1"' in page
    assert "Getekend Nog niet" not in read(client)
