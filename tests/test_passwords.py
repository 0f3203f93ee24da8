"""Which passwords are too easy to guess in this town, and which were stolen elsewhere."""

import hashlib

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.test import Client

from schools.signin.passwords import NotStolen
from tests import factories
from tests.signing_in import log_in


@pytest.mark.parametrize("password", ["Welkom-Inloop!", "JongerenHUB2026", "zaanstad zaanstad", "ontrack: school"])
def test_names_of_the_town_and_of_the_work_alone_are_no_password(password, settings):
    settings.TOWN_NAME, settings.PROGRAMME_NAME = "Zaanstad", "OnTrack"
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert [one.code for one in refused.value.error_list] == ["password_of_the_town"]


@pytest.mark.parametrize(
    "password", ["vier blauwe fietsen", "zaanstad heeft vier fietsen", "x" * 200, "ÄÖ 漢字 emoji 🚲 ja"]
)
def test_any_other_long_one_will_do_whatever_it_is_made_of(password):
    validate_password(password)


# ---------------------------------------------------------------- a list of stolen ones


def digest(password):
    return hashlib.sha1(password.encode()).hexdigest().upper()  # noqa: S324


@pytest.fixture
def write(tmp_path):
    def write(passwords, *, end="\r\n", count=True):
        """As Pwned Passwords has it: in order, with how often, and lines of different lengths."""
        lines = [f"{one}:{9**number}" if count else one for number, one in enumerate(sorted(map(digest, passwords)))]
        path = tmp_path / "stolen.txt"
        path.write_bytes("".join(line + end for line in lines).encode())
        return path

    return write


@pytest.mark.parametrize("shape", [{}, {"end": "\n"}, {"end": "\n", "count": False}])
@pytest.mark.parametrize("many", [1, 2, 3, 50])
def test_each_stolen_password_is_found_and_no_other(write, many, shape):
    stolen = [f"vier blauwe fietsen {number}" for number in range(many)]
    rule = NotStolen(str(write(stolen, **shape)))

    for password in stolen:
        with pytest.raises(ValidationError) as refused:
            rule.validate(password)
        assert refused.value.code == "password_stolen"
    for number in range(200):
        rule.validate(f"zes groene fietsen {number}")


@pytest.mark.django_db
def test_a_stolen_password_is_refused_where_somebody_chooses_one(write, settings):
    stolen = "vier blauwe fietsen"
    options = {"path": str(write([stolen, "another"]))}
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": "schools.signin.passwords.NotStolen", "OPTIONS": options}]
    user, client = factories.coordinator(), Client()
    log_in(client, user.email)
    old = {"old_password": factories.PASSWORD}

    page = client.post("/desk/account/password", old | {"new_password1": stolen, "new_password2": stolen})

    assert "eerder ergens gestolen" in page.content.decode()
    user.refresh_from_db()
    assert user.check_password(factories.PASSWORD)
    other = "zes groene fietsen"
    assert client.post("/desk/account/password", old | {"new_password1": other, "new_password2": other})["Location"]


@pytest.mark.parametrize("text", ["", "geheim\n", f"{digest('a').lower()}:1\n", f"{digest('a')[:32]}:1\n", "x" * 9999])
def test_a_list_that_is_none_is_told_at_the_start(tmp_path, text):
    (tmp_path / "list").write_text(text)
    for path in (tmp_path / "list", tmp_path / "gone", tmp_path):
        with pytest.raises(ImproperlyConfigured, match="STOLEN_PASSWORDS"):
            NotStolen(str(path))
