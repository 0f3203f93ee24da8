"""What publishers say in another language too: written down once, read by who reads that language."""

import json
import re

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from activities import drafts, publishing
from activities.models import Activity, Programme
from activities.translations import said
from schools.models import AuditEntry
from tests import factories
from tests.factories import DAY, NOW, PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]

TURKISH = {"tr": {"title": "Resim kulübü", "description": "Birlikte çiziyoruz."}}


@pytest.fixture
def club(shop, monkeypatch):
    monkeypatch.setattr("activities.views.now", lambda: NOW)
    session = factories.session(title="Tekenclub", place=shop, description="Samen tekenen.", translations=TURKISH)
    return session.activity


def filled_in(activity, **changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "title": activity.title,
        "description": activity.description,
        "organisation": activity.organisation_id,
        "location": activity.location_id,
        "programme": activity.programme_id,
        "level": activity.level,
        "starts_on": activity.starts_on,
        "start_time": activity.start_time,
        "end_time": activity.end_time,
        "interval": "1",
        "version": activity.version,
    }
    return values | changes


# ---------------------------------------------------------------- reading


def test_who_reads_turkish_sees_the_translation(client, club):
    page = client.get("/tr/activities/tekenclub").content.decode()
    card = client.get("/tr/").content.decode()

    assert "<h1>Resim kulübü</h1>" in page
    assert "<p>Birlikte çiziyoruz.</p>" in page
    assert "Tekenclub" not in page
    assert ">Resim kulübü</a></h4>" in card
    for path in ("/tr/embed", "/tr/locations/shop"):
        assert ">Resim kulübü</a></p>" in client.get(path).content.decode()
    assert "Resim" not in client.get("/activities/tekenclub").content.decode()


def test_what_is_not_translated_is_in_dutch_and_says_so(client, club):
    page = client.get("/bg/activities/tekenclub").content.decode()

    with translation.override("bg"):
        mark = f'<span class="tongue">{translation.gettext("in Dutch")}</span>'
    assert f'<h1><span lang="nl">Tekenclub</span> {mark}' in page
    assert re.search(rf'<p>{mark}\s*</p>\s*<div class="lead"><div lang="nl"><p>Samen tekenen.</p></div>', page)
    assert "tongue" not in client.get("/activities/tekenclub").content.decode()


def test_a_programme_says_what_it_is_in_the_language_of_the_reader(client, club):
    Programme.objects.update(description="Voor iedereen.", translations={"tr": {"description": "Herkes için."}})

    assert "<p>Herkes için.</p>" in client.get("/tr/programmes/drop-in").content.decode()
    assert '<div lang="nl"><p>Voor iedereen.</p></div>' in client.get("/en/programmes/drop-in").content.decode()


def test_search_engines_are_told_the_title_of_that_language(client, club):
    def told(path: str) -> str:
        html = client.get(path).content.decode()
        return str(json.loads(re.findall(r"ld\+json\">(.*?)</script>", html)[0])["@graph"][0]["name"])

    assert [told(f"{prefix}/activities/tekenclub") for prefix in ("", "/tr", "/bg")] == [
        "Tekenclub",
        "Resim kulübü",
        "Tekenclub",
    ]


def test_words_are_found_as_the_reader_sees_them(client, club, shop):
    factories.session(title="Voetbal", place=shop)

    def found(path: str) -> list[str]:
        return re.findall(r'<h4><a href="[^"]*/activities/(\w+)"', client.get(path).content.decode())

    assert found("/tr/?q=KULUBU") == ["tekenclub"]
    assert found("/tr/?q=ciziyoruz") == ["tekenclub"]
    assert found("/tr/?q=tekenen") == ["tekenclub"]
    assert found("/?q=kulubu") == []
    assert found("/bg/?q=kulubu") == []


def test_a_list_in_another_language_needs_no_more_queries(client, shop, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("activities.views.now", lambda: NOW)
    for number in range(20):
        factories.session(title=f"Club {number}", place=shop, starts_at=NOW + DAY, translations=TURKISH)

    for path in ("/", "/tr/"):
        with django_assert_num_queries(3):
            client.get(path)


# ---------------------------------------------------------------- writing


def test_a_publisher_writes_and_empties_a_translation(client, club):
    client.force_login(factories.publisher(of=club.organisation))
    edit = f"/desk/activities/{club.slug}/edit"
    assert 'lang="bg"' in client.get(edit).content.decode()

    changes = {"title_bg": " Клуб по рисуване ", "title_tr": "", "description_tr": "Birlikte çiziyoruz."}
    assert client.post(edit, filled_in(club, **changes)).status_code == 302

    club.refresh_from_db()
    assert club.translations == {
        "bg": {"title": "Клуб по рисуване"},
        "tr": {"description": "Birlikte çiziyoruz."},
    }
    entry = AuditEntry.objects.newest_first()[0]
    assert {one["field"]: (one["from"], one["to"]) for one in entry.changes} == {
        "title_bg": (None, "Клуб по рисуване"),
        "title_tr": ("Resim kulübü", ""),
    }
    assert "Titel in het Bulgaars" in client.get("/desk/changes").content.decode()


def test_a_new_activity_has_its_translations_from_the_start(client, shop):
    client.force_login(factories.publisher(of=shop.organisation))
    new = factories.unpublished_activity(place=shop, title="Club")
    client.post("/desk/activities/new", filled_in(new, title_en="Drawing"))

    assert Activity.objects.get().translations == {"en": {"title": "Drawing"}}


def test_a_translation_that_is_too_long_is_refused_where_it_stands(client, club):
    client.force_login(factories.publisher(of=club.organisation))
    answer = client.post(f"/desk/activities/{club.slug}/edit", filled_in(club, title_tr="a" * 101))

    assert 'id="id_title_tr_error"' in answer.content.decode()
    assert re.search(r'<details class="more" open>\s*<summary>In andere talen', answer.content.decode())
    club.refresh_from_db()
    assert club.translations == TURKISH


@pytest.mark.parametrize(
    "wrong", [["x"], {"nl": {"title": "x"}}, {"tr": "x"}, {"tr": {"name": "x"}}, {"tr": {"title": "x" * 101}}]
)
def test_only_texts_by_language_and_name_are_kept(club, wrong):
    with pytest.raises(ValidationError) as refused:
        publishing.change(club, {"translations": wrong}, at=NOW)

    assert list(refused.value.message_dict) == ["translations"]
    club.refresh_from_db()
    assert club.translations == TURKISH


def test_a_copy_for_the_next_year_keeps_its_translations(club):
    with translation.override("tr"):
        assert said(drafts.copy(club, at=NOW), "title") == "Resim kulübü"


def test_the_administrator_translates_what_a_programme_is(client, club, django_user_model):
    django_user_model.objects.create_superuser(email="root@inloop.example", name="Root", password=PASSWORD)
    client.force_login(django_user_model.objects.get(email="root@inloop.example"))
    line = club.programme
    values = {"slug": line.slug, "name": line.name, "description": "Voor iedereen.", "colour": line.colour}
    client.post(f"/admin/activities/programme/{line.pk}/change/", values | {"description_tr": "Herkes için."})

    line.refresh_from_db()
    assert line.translations == {"tr": {"description": "Herkes için."}}
    told = {one["field"]: one["to"] for one in AuditEntry.objects.newest_first()[0].changes}
    assert told == {"description": "Voor iedereen.", "description_tr": "Herkes için."}
