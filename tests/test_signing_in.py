"""Signing in with a password and a second step: what locks, what ends, and what leads round it (nothing)."""

import datetime as dt
import io
import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client

from config.logs import Line
from schools.models import AuditEntry, User
from schools.signin.counting import forget_what_is_over
from tests import factories
from tests.reading import text
from tests.signing_in import HOURS, LOCKED, MINUTES, TRIES, Clock, code_at, is_in, log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock.read_by_all(monkeypatch)


@pytest.fixture
def coordinator(db: None) -> User:
    return factories.coordinator()


@pytest.fixture
def app(client, clock, coordinator) -> str:
    """The key in the app of the coordinator, who has just set it up, and is out again."""
    log_in(client, coordinator.email)
    page = client.get("/desk/account/app")
    secret = page.context["form"].secret
    assert secret not in str(client.get("/desk/account").content)
    done = client.post("/desk/account/app", {"code": code_at(secret, clock.now)})
    assert done["Location"] == "/desk/account/codes"
    client.post("/desk/logout")
    clock.now += 5 * MINUTES
    return secret


# ---------------------------------------------------------------- wrong passwords


@pytest.mark.parametrize("whose", ["coordinator@inloop.example", "nobody@inloop.example"])
def test_after_wrong_passwords_the_right_one_waits_and_nobody_learns_whether_the_account_exists(
    client, clock, coordinator, whose
):
    wrong = [log_in(client, whose, password="wrong") for _try in range(TRIES)]
    assert all("horen niet bij elkaar" in text(answer) for answer in wrong)

    # In other letters it is the same account; from elsewhere too.
    locked = log_in(Client(REMOTE_ADDR="203.0.113.9"), whose.upper())
    assert LOCKED in text(locked)
    clock.now += 14 * MINUTES
    assert LOCKED in text(log_in(client, whose))
    clock.now += 2 * MINUTES
    assert LOCKED not in text(log_in(client, whose))
    assert is_in(client) == (whose == coordinator.email)


def test_one_address_does_not_try_a_password_on_everybody(client, clock, coordinator):
    for number in range(60):
        log_in(client, f"worker-{number}@inloop.example", password="welkom2026")

    assert LOCKED in text(log_in(client, coordinator.email))
    log_in(Client(REMOTE_ADDR="203.0.113.9"), coordinator.email)


def test_who_signs_in_or_not_and_what_is_refused_is_written_down_without_an_address(client, clock, caplog, shop):
    publisher = factories.publisher(of=shop.organisation)
    with caplog.at_level("INFO", "schools"):
        log_in(client, publisher.email, password="my other secret")
        log_in(client, publisher.email)
        client.get("/desk/passes")
        client.post("/desk/logout")

    told = [(one.levelname, Line().format(one)) for one in caplog.records if one.name.startswith("schools.")]
    assert [level for level, _line in told] == ["WARNING", "INFO", "WARNING", "INFO"]
    assert all(str(publisher.reference) in line for _level, line in told[1:])
    assert not any(publisher.email in line or "secret" in line for _level, line in told)


def test_what_counts_the_tries_holds_no_address(client, clock, coordinator):
    log_in(client, coordinator.email, password="wrong")

    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM schools_cache")
        rows = cursor.fetchall()
    assert rows
    assert all(re.fullmatch(r"[0-9a-f]{64}", key) for key, _value in rows)
    assert "coordinator" not in str(rows)
    assert "127.0.0.1" not in str(rows)


# ---------------------------------------------------------------- the second step


def test_a_password_alone_opens_no_page_once_there_is_a_second_step(client, clock, coordinator, app):
    answer = log_in(client, coordinator.email, then="/desk/passes")

    assert answer["Location"] == "/desk/login/step"
    for path in ("/desk", "/desk/passes", "/desk/account", "/admin/", "/desk/account/app/remove"):
        refused = client.get(path)
        assert refused.status_code == 302
        assert refused["Location"].startswith(("/desk/login?next=", "/admin/login/?next="))
    assert client.get("/door/state").status_code == 401

    half = client.session.session_key
    done = client.post("/desk/login/step", {"code": code_at(app, clock.now)})
    assert done["Location"] == "/desk/passes"
    assert is_in(client)
    assert client.session.session_key != half


def test_a_code_works_once(client, clock, coordinator, app):
    code = code_at(app, clock.now)
    log_in(client, coordinator.email)
    client.post("/desk/login/step", {"code": code})
    assert is_in(client)

    other = Client()
    log_in(other, coordinator.email)
    again = other.post("/desk/login/step", {"code": code})

    assert "Die code werkt niet" in text(again)
    assert not is_in(other)


@pytest.mark.parametrize(("seconds", "is_taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_is_taken_half_a_minute_early_or_late_and_no_more(client, clock, coordinator, app, seconds, is_taken):
    log_in(client, coordinator.email)
    client.post("/desk/login/step", {"code": code_at(app, clock.now + seconds)})

    assert is_in(client) == is_taken


def test_codes_cannot_be_tried_one_after_the_other(client, clock, coordinator, app):
    log_in(client, coordinator.email)
    right = code_at(app, clock.now)
    wrong = str((int(right) + 1) % 10**6).zfill(6)
    for _try in range(TRIES):
        client.post("/desk/login/step", {"code": wrong})
    # Also not by beginning anew.
    log_in(client, coordinator.email)

    assert LOCKED in text(client.post("/desk/login/step", {"code": right}))
    assert not is_in(client)


def test_a_recovery_code_stands_in_for_the_app_once(client, clock, coordinator, app):
    [code, *_others] = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    log_in(client, coordinator.email)
    client.post("/desk/login/step", {"code": code})
    assert is_in(client)

    client.post("/desk/logout")
    log_in(client, coordinator.email)
    client.post("/desk/login/step", {"code": code})
    assert not is_in(client)


def test_the_database_alone_gives_no_code(app):
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))

    assert app not in kept


def test_whoever_lost_everything_starts_again_with_the_password(client, clock, coordinator, app):
    said = io.StringIO()
    call_command("forget_second_step", coordinator.email.upper(), stdout=said)
    assert said.getvalue() == "2 forgotten.\n"

    log_in(client, coordinator.email)

    assert is_in(client)


def test_changing_how_you_sign_in_asks_again_who_you_are(client, clock, coordinator, app):
    log_in(client, coordinator.email)
    client.post("/desk/login/step", {"code": code_at(app, clock.now)})
    clock.now += 20 * MINUTES

    for path in ("/desk/account/app/remove", "/desk/account/codes", "/desk/account/passkeys/new"):
        assert client.get(path)["Location"].startswith("/desk/account/confirm?next=")
    client.post("/desk/account/confirm?next=/desk/account/app/remove", {"password": "wrong"})
    assert client.get("/desk/account/app/remove").status_code == 302
    client.post("/desk/account/confirm?next=/desk/account/app/remove", {"password": factories.PASSWORD})
    assert client.get("/desk/account/app/remove").status_code == 200


# ---------------------------------------------------------------- where it is required


@pytest.fixture
def required(settings):
    settings.REQUIRE_SECOND_FACTOR = "coordinators"


@pytest.mark.django_db(transaction=True)  # what it hears of, it hears when the step is stored
def test_where_it_is_required_a_coordinator_first_sets_one_up(client, clock, coordinator, required):
    log_in(client, coordinator.email)

    for path in ("/desk", "/desk/passes", "/desk/devices", "/admin/"):
        assert client.get(path).get("Location") == "/desk/account", path
    assert "Stel eerst een tweede stap in" in text(client.get("/desk/account"))
    assert client.get("/door/state").status_code == 401

    secret = client.get("/desk/account/app").context["form"].secret
    client.post("/desk/account/app", {"code": code_at(secret, clock.now)})
    assert is_in(client)
    # And keeps it.
    assert "Stel eerst een andere in" in text(client.get("/desk/account/app/remove"))
    client.post("/desk/account/app/remove")
    assert Authenticator.objects.filter(type="totp").exists()
    assert list(AuditEntry.objects.values_list("what", "by_name")) == [("own_step_added", coordinator.name_on_record)]


@pytest.mark.parametrize(("who", "asked"), [("nobody", False), ("coordinators", False), ("everybody", True)])
def test_others_go_without_unless_everybody_has_to(client, settings, who, asked):
    settings.REQUIRE_SECOND_FACTOR = who
    worker = factories.youth_worker(at=factories.location(slug="shop"))
    log_in(client, worker.email)

    assert is_in(client) == (not asked)


def test_an_administrator_without_roles_has_to_as_well(client, required):
    boss = User.objects.create_superuser(email="boss@inloop.example", password=factories.PASSWORD)
    log_in(client, boss.email, then="/admin/")

    assert client.get("/admin/")["Location"] == "/desk/account"


# ---------------------------------------------------------------- ways round


def test_the_administration_has_no_door_of_its_own(client, coordinator):
    boss = User.objects.create_superuser(email="boss@inloop.example", password=factories.PASSWORD)
    credentials = {"username": boss.email, "password": factories.PASSWORD, "next": "/admin/"}

    answer = client.post("/admin/login/?next=/admin/", credentials)
    assert answer["Location"] == "/desk/login?next=/admin/"
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/desk/login?next=/admin/"

    assert log_in(client, boss.email, then="/admin/")["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    client.force_login(coordinator)
    assert client.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize(
    "next_page",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", "http://localhost/"],
)
def test_no_way_of_signing_in_leads_to_another_site(client, clock, coordinator, app, next_page):
    log_in(client, coordinator.email, then=next_page)
    answer = client.post(f"/desk/login/step?next={next_page}", {"code": code_at(app, clock.now)})
    assert answer["Location"] == "/desk"

    clock.now += 20 * MINUTES
    address = f"/desk/account/confirm?next={next_page}"
    assert client.post(address, {"password": factories.PASSWORD})["Location"] == "/desk"


def test_a_session_that_somebody_else_began_is_not_the_one_of_who_signs_in(client, coordinator):
    client.get("/desk/login/passkey", headers={"Accept": "application/json"})
    before = client.session.session_key
    assert before

    log_in(client, coordinator.email)

    assert client.session.session_key != before


def test_an_account_that_was_closed_is_out_at_once_and_stays_out(client, coordinator):
    log_in(client, coordinator.email)
    User.objects.update(is_active=False)

    assert not is_in(client)
    assert "horen niet bij elkaar" in text(log_in(client, coordinator.email))


# ---------------------------------------------------------------- the end of a session


@pytest.mark.parametrize(
    ("steps", "still"), [([100], True), ([119, 119], True), ([121], False), ([110] * 6, True), ([110] * 7, False)]
)
def test_a_session_ends_when_nobody_used_it_for_two_hours_and_after_twelve(client, clock, coordinator, steps, still):
    log_in(client, coordinator.email)

    for minutes in steps:
        clock.now += minutes * MINUTES
        seen = is_in(client)

    assert seen == still
    if not still:
        assert client.get("/door/state").status_code == 401
        clock.now -= 12 * HOURS
        assert not is_in(client)


def test_a_new_password_ends_the_other_sessions_and_not_this_one(client, coordinator):
    elsewhere = Client()
    for one in (client, elsewhere):
        log_in(one, coordinator.email)
    new = "vier woorden zijn genoeg"

    fields = {"old_password": factories.PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/desk/account/password", fields)["Location"] == "/desk/account"

    assert is_in(client)
    assert not is_in(elsewhere)
    log_in(elsewhere, coordinator.email)
    assert not is_in(elsewhere)


def test_a_wrong_old_password_changes_nothing(client, coordinator):
    log_in(client, coordinator.email)
    new = "vier woorden zijn genoeg"
    fields = {"old_password": "wrong", "new_password1": new, "new_password2": new}

    assert client.post("/desk/account/password", fields).status_code == 200

    coordinator.refresh_from_db()
    assert coordinator.check_password(factories.PASSWORD)


# ---------------------------------------------------------------- what it leaves alone


def test_a_page_for_everybody_sets_no_cookie_and_asks_for_none(client):
    for path in ("/", "/privacy", "/api", "/door"):
        answer = client.get(path)
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")


def test_somebody_else_s_passkey_does_not_exist(client, coordinator):
    other = factories.make_user(email="other@inloop.example")
    passkey = Authenticator.objects.create(user=other, type="webauthn", data={"name": "x", "credential": {}})
    log_in(client, coordinator.email)

    for key in (passkey.pk, 0, "x", ""):
        assert client.post("/desk/account/passkeys/remove", {"passkey": key, "sure": "1"}).status_code == 404
    assert Authenticator.objects.filter(pk=passkey.pk).exists()


def test_what_is_over_is_forgotten_and_nothing_else(client, coordinator):
    log_in(client, coordinator.email)
    log_in(Client(), coordinator.email, password="wrong")
    begun = Session.objects.get().expire_date - dt.timedelta(hours=12)
    assert forget_what_is_over(at=begun) == 0

    assert forget_what_is_over(at=begun + dt.timedelta(minutes=16)) >= 2
    assert is_in(client)
    forget_what_is_over(at=begun + dt.timedelta(hours=13))
    assert not is_in(client)


def test_the_administration_takes_a_second_step_away_and_shows_no_secret(client, coordinator, app):
    client.force_login(User.objects.create_superuser(email="boss@inloop.example", password=factories.PASSWORD))
    step = Authenticator.objects.get(type="totp")
    pages = [client.get(f"/admin/mfa/authenticator/{page}") for page in ("", f"{step.pk}/change/")]

    assert [page.status_code for page in pages] == [200, 200]
    assert not any(step.data["secret"] in page.content.decode() for page in pages)
    assert client.get("/admin/mfa/authenticator/add/").status_code == 403
    client.post(f"/admin/mfa/authenticator/{step.pk}/delete/", {"post": "yes"})
    assert not Authenticator.objects.filter(type="totp").exists()
    for table in ("account/emailaddress", "socialaccount/socialtoken", "socialaccount/socialapp"):
        assert client.get(f"/admin/{table}/").status_code == 404
    assert client.get("/admin/socialaccount/socialaccount/").status_code == 200
