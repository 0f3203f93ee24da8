"""Making the demo town: the same for the same day, and only in an empty database."""

import json
import os
import subprocess
import sys
from io import BytesIO, TextIOWrapper

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q
from django.utils.timezone import now

from activities.models import Activity, Booking, Edition, Session
from activities.schedule import HORIZON, dates
from activities.weeks import label, local_date, monday_of
from attendance import demo
from attendance.demo import MOST_WEEKS
from attendance.demo_offers import OFFERS
from attendance.management.commands import serve
from attendance.models import CheckIn, Device, Pass, Place
from attendance.questions import Question
from attendance.totals import weekly_totals
from schools import calendar
from schools.calendar import is_school_holiday_week
from schools.models import Location, Organisation, User
from tests import factories
from tests.factories import DAY, HOUR, NOW, WEEK

pytestmark = pytest.mark.django_db


def totals(group_by=None, *, first, last, at=NOW):
    return weekly_totals(Question(first=first, last=last, group_by=group_by), at=at)


def snapshot():
    """Everything that somebody could see, without the keys of the database, and without when it was done."""
    sessions = Session.objects.order_by("pk").values_list(
        "pk", "starts_at", "cancel_reason", "sequence", "activity__slug"
    )
    found = totals("activity", first=monday_of(local_date(NOW)) - 2 * WEEK, last=monday_of(local_date(NOW)))
    bookings = Booking.objects.order_by("session", "resource", "staff__email")
    passes = Pass.objects.order_by("number").annotate(is_revoked=Q(revoked_at__isnull=False))
    places = Place.objects.order_by("session", "number")
    return {
        "sessions": list(sessions),
        "totals": [(row.week, row.group.slug, row.visits, row.visitors, row.sessions_held) for row in found],
        "passes": list(passes.values_list("number", "digest", "age_band", "is_revoked")),
        "devices": list(Device.objects.order_by("pk").values_list("pk", "token_digest")),
        "check-ins": list(CheckIn.objects.order_by("pk").values_list("pk", "kind", "scanned_at", "visits", "bands")),
        "bookings": list(bookings.values_list("session", "resource", "resource__name", "staff__email")),
        "places": list(places.values_list("session", "number", "state", "seats", "organisation__slug")),
    }


def test_the_same_day_gives_the_same_town_and_another_day_another():
    runs = []
    for at in (factories.moment("2026-11-24T00:30"), factories.moment("2026-11-24T23:30"), NOW + DAY):
        start = transaction.savepoint_create()
        made = demo.fill(weeks=2, at=at)
        runs.append((made, snapshot()))
        transaction.savepoint_rollback(start)
    (first, seen), (again, seen_again), (other, seen_other) = runs
    assert first == again
    assert seen["places"]
    assert [what for what in seen if seen[what] != seen_again[what]] == []
    assert first["passes"] == other["passes"], "what opens doors is of the installation, not of the day"
    assert seen_other["check-ins"] != seen["check-ins"]


# ---------------------------------------------------------------- the command


def test_the_command_prints_one_object_of_the_contract_s_shape_and_refuses_the_second_time(capsys, api):
    call_command("demo", "--json", "--weeks", "1")
    printed = capsys.readouterr().out
    town = json.loads(printed)
    assert list(town) == ["coordinator", "publisher", "youthWorker", "device", "passes", "revokedPass"]
    assert set(town["coordinator"]) == {"email", "password", "token"}
    assert set(town["publisher"]) == {"email", "password", "token", "organisation"}
    assert set(town["youthWorker"]) == {"email", "password", "token", "location"}
    assert set(town["device"]) == {"id", "location", "token"}
    assert len(set(town["passes"])) >= 50
    assert town["revokedPass"] not in town["passes"]
    assert Organisation.objects.filter(slug=town["publisher"]["organisation"]).exists()

    before = snapshot()
    with pytest.raises(CommandError):
        call_command("demo", "--json")
    assert capsys.readouterr().out == ""
    assert snapshot() == before

    # What it printed works.
    for role in ("coordinator", "publisher", "youthWorker"):
        user = User.objects.get(email=town[role]["email"])
        assert user.check_password(town[role]["password"])
    assert api.get("/devices", token=town["coordinator"]["token"]).status_code == 200
    assert api.get("/closures", token=town["publisher"]["token"]).status_code == 200
    running = factories.session(place=Location.objects.get(slug=town["device"]["location"]), starts_at=now() - HOUR)
    tokens = [town["passes"][0], town["passes"][-1], town["revokedPass"]]
    items = [factories.scan(id=number, token=token, at=now(), session=running) for number, token in enumerate(tokens)]
    answer = api.post("/check-ins", {"checkIns": items}, token=town["device"]["token"])
    assert [result["outcome"] for result in answer.json()["results"]] == ["counted", "counted", "revoked_pass"]


@pytest.mark.parametrize("weeks", [-1, MOST_WEEKS + 1])
def test_a_number_of_weeks_that_makes_no_sense_fills_nothing(weeks):
    with pytest.raises(CommandError, match=f"from 0 to {MOST_WEEKS}"):
        call_command("demo", "--json", f"--weeks={weeks}")
    assert not Organisation.objects.exists()


def test_the_programme_of_the_most_weeks_is_made(monkeypatch):
    # Visits are made session by session, of ten years as of one; those of ten years take a quarter of a minute.
    monkeypatch.setattr(demo, "store", lambda *_claims, **_door: [])
    some = {"Inloop Jongerenwinkel", "Vrijdagavond in de winkel", "VR-game middag", "VR-game op school"}
    monkeypatch.setattr(demo, "OFFERS", [offer for offer in OFFERS if offer.title in some])
    demo.fill(weeks=MOST_WEEKS, at=NOW)
    drop_in = Session.objects.filter(activity__title="Inloop Jongerenwinkel")
    assert drop_in.filter(week__lt=monday_of(local_date(NOW))).count() == 5 * MOST_WEEKS
    for activity in Activity.objects.all():
        there = activity.sessions.order_by("scheduled_on").values_list("scheduled_on", flat=True)
        assert list(there) == list(dates(activity.schedule, before=local_date(NOW) + HORIZON)), activity.title


def test_a_database_that_holds_other_data_is_left_alone():
    factories.organisation(slug="somebody-else")
    with pytest.raises(CommandError):
        call_command("demo", "--json", "--weeks", "1")
    assert list(Organisation.objects.values_list("slug", flat=True)) == ["somebody-else"]
    assert not User.objects.exists()


ONE_ROW = {
    "a neighbourhood": lambda: factories.neighbourhood(),
    "a programme": lambda: factories.programme(),
    "a closed week": lambda: factories.closed_week(monday="2026-11-16"),
    "a user": lambda: factories.make_user(),
    "a pass": lambda: factories.issued_pass(),
}


@pytest.mark.parametrize("what", ONE_ROW)
def test_any_row_at_all_is_data(what):
    assert demo.is_empty()
    ONE_ROW[what]()
    assert not demo.is_empty()
    with pytest.raises(demo.NotEmpty):
        demo.fill(weeks=0, at=NOW)


def test_a_note_of_when_something_changed_is_no_data():
    Edition.note_change(at=NOW)
    assert demo.is_empty()


def test_a_database_that_holds_data_is_not_even_brought_up_to_date():
    factories.programme(slug="somebody-else")
    # As if its tables were of an older version.
    MigrationRecorder(connection).record_unapplied("attendance", "0001_door_and_counts")
    with pytest.raises(CommandError, match="holds data already"):
        call_command("demo", "--json", "--weeks", "1")
    assert ("attendance", "0001_door_and_counts") not in MigrationRecorder(connection).applied_migrations()


def test_a_brand_new_database_gets_its_tables_and_its_town(tmp_path):
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/new.sqlite3"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    for expected in (0, 1):
        done = subprocess.run(
            [sys.executable, "manage.py", "demo", "--json", "--weeks", "0"],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expected, done.stderr
        assert bool(done.stdout) is (expected == 0)


@pytest.mark.parametrize("weeks", [0, 1])
def test_on_every_monday_each_activity_has_a_day_in_the_weeks_to_come(weeks):
    without = []
    for today in calendar.days(factories.day("2026-08-03"), factories.day("2028-08-07")):
        if today.weekday() == 0:
            for offer in OFFERS:
                schedule = offer.schedule(first=today - weeks * WEEK, today=today)
                found = dates(schedule, before=today + 16 * WEEK)
                if not any(day > today + WEEK for day in found):
                    without.append((today, offer.title))
    assert without == []


def test_a_first_start_says_that_it_makes_the_town_before_it_does(monkeypatch):
    written, seen = BytesIO(), []
    monkeypatch.setattr(demo, "fill", lambda **_town: seen.append(written.getvalue().decode()))
    # As a pipe, it keeps what is written until it is full or flushed.
    with TextIOWrapper(written) as out:
        serve.Command(stdout=out)._make_ready()
        seen.append(written.getvalue().decode())
    assert seen[0] == "Making the demo town…\n"
    assert seen[1].startswith(f"{seen[0]}The programme  {settings.BASE_URL}/\n")
    assert "Sign in" not in seen[1], "there is nobody"


def test_the_town_of_a_holiday_week_and_of_new_year_can_be_made():
    for text in ("2027-01-01T00:30", "2027-03-28T12:00", "2026-10-14T12:00", "2027-07-20T12:00"):
        at = factories.moment(text)
        start = transaction.savepoint_create()
        demo.fill(weeks=1, at=at)
        last = monday_of(local_date(at)) - WEEK
        [row] = totals(first=last, last=last)
        assert row.visits > 0, label(last)
        assert Place.objects.exists(), "whoever tries it out can see places at any time of the year"
        assert row.school_holiday is is_school_holiday_week(last)
        transaction.savepoint_rollback(start)
