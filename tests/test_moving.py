"""Leaving is easy: everything of an organisation, in open formats, and the same in a fresh installation."""

import csv
import json
import stat
from functools import partial
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from icalendar import Calendar

from activities import closing_days, publishing
from activities.models import (
    Activity,
    Booking,
    CalendarSource,
    CampaignCode,
    CampaignWeek,
    Resource,
    ResourceKind,
    Session,
)
from attendance import closing
from attendance.models import Entry, EntryKind, GrantRule, SessionTotal, VisitorTotal, Week
from attendance.moving import leaving, owned
from attendance.questions import Question
from attendance.totals import weekly_totals
from schools.models import Membership, Organisation, User
from tests import factories
from tests.factories import DAY, HOUR, NOW, day, deliver, group, scan, tally
from tests.test_checkin_race import at_once

pytestmark = pytest.mark.django_db(transaction=True)
FILES = ["calendar.ics", "organisation.json", "sessions.csv", "weekly-totals.csv"]


@pytest.fixture
def town(shop, phone):
    """The shop has a series, a guest's activity at the hub, people, a room, a closure and two weeks of visits."""
    own, hub = shop.organisation, factories.location(slug="hub")
    worker, _publisher = factories.youth_worker(at=shop), factories.publisher(of=own)
    texts = {"tr": {"title": "Açık saatler"}}
    series = factories.activity(
        place=shop, description="Gamen, praten, helpen", min_age=10, max_age=18, translations=texts
    )
    factories.activity(place=hub, of=own, title="Op bezoek", rrule="FREQ=WEEKLY;BYDAY=TH;COUNT=3")
    factories.activity(place=hub, title="Van de hub")
    closing_days.close(factories.closure(of=own, starts_on="2026-12-01", ends_on="2026-12-01"), at=NOW)
    publishing.move(series.sessions.in_order()[5], starts_at=NOW + 15 * DAY, at=NOW)
    room = Resource.objects.create(name="Zaal", kind=ResourceKind.ROOM, organisation=own, location=shop)
    for booked in ({"resource": room}, {"staff": worker}):
        Booking.objects.create(session=series.sessions.in_order()[3], **booked)
    factories.target(visits=140, starts_on="2026-09-01", place=shop)
    GrantRule.objects.create(name="Subsidie", organisation=own, starts_on=day("2026-08-01"), ends_on=day("2027-07-31"))
    CalendarSource.objects.create(
        name="Eigen agenda", organisation=own, location=shop, programme=series.programme,
        address="https://agenda.example/shop.ics",
    )  # fmt: skip
    code = CampaignCode.objects.create(code="7KQ2M", organisation=own, activity=series, created_at=NOW)
    CampaignWeek.objects.create(code=code, week=day("2026-11-16"), visits=12)
    Entry.objects.create(kind=EntryKind.PANEL_TALK, happened_on=day("2026-11-03"), organisation=own, young_people=20)
    tokens = [factories.issued_pass(number=number)[1] for number in range(1, 4)]
    before = series.sessions.in_order()[2]
    at = before.starts_at + HOUR
    deliver(*[scan(id=n, token=token, at=at, session=before) for n, token in enumerate(tokens, 1)],
            tally(id=8, count=4, at=at, session=before), who=phone, at=at)  # fmt: skip
    closing.close_week(day("2026-11-16"), at=NOW)
    now = series.sessions.in_order()[3]
    deliver(scan(id=11, token=tokens[0], session=now), group(id=12, session=now), who=phone)
    return own


@pytest.fixture(autouse=True)
def the_clock(monkeypatch):
    # It arrives once the week that was closed there is one to close here too.
    for command, at in {"export_organisation": NOW, "import_organisation": NOW + 14 * DAY}.items():
        monkeypatch.setattr(f"attendance.management.commands.{command}.now", lambda at=at: at)


def left(folder: Path, slug="shop"):
    call_command("export_organisation", slug, str(folder))
    return folder


def elsewhere():
    """A fresh installation, where numbers are given out to others first."""
    call_command("flush", interactive=False, verbosity=0)
    for number in range(7):
        factories.location(slug=f"other-{number}", wijk=factories.neighbourhood(slug=f"wijk-{number}"))
        factories.programme(slug=f"line-{number}")


def arrived(folder: Path):
    call_command("import_organisation", str(folder))


def test_what_leaves_is_the_same_where_it_arrives(town, tmp_path):
    (tmp_path / "here").mkdir(mode=0o755)
    here = left(tmp_path / "here")
    assert sorted(path.name for path in here.iterdir()) == FILES
    assert stat.S_IMODE(here.stat().st_mode) == 0o700
    elsewhere()
    arrived(here)
    there = left(tmp_path / "there")
    for name in ("calendar.ics", "sessions.csv"):
        assert (there / name).read_bytes() == (here / name).read_bytes()
    before, after = (json.loads((folder / "organisation.json").read_text())["rows"] for folder in (here, there))
    assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}
    assert min(len(rows) for name, rows in before.items() if name not in EMPTY_HERE) >= 1

    # Of the weeks that are closed every figure is the same; those of an open week stay where its check-ins are.
    final, open_ones = rows_of(here), [row for row in rows_of(here) if row["final"] == "false" and row["visits"] != "0"]
    assert [row for row in rows_of(there) if row["final"] == "true"] == [row for row in final if row["final"] == "true"]
    [closed] = [row for row in final if row["final"] == "true" and row["visits"] != "0"]
    assert (closed["visits"], closed["visitors"], closed["firstTimeVisitors"]) == ("7", "3", "3")
    assert [row["visits"] for row in open_ones] == ["25"]


# Tables of which the town above has nothing: no journey, no series with a booking, no schedule that was changed, and
# no month that is over.
EMPTY_HERE = {
    "schools.Journey", "activities.SeriesBooking", "activities.EarlierSchedule", "schools.HolidayOverride",
    "attendance.ReachPeriod", "attendance.Reach",
}  # fmt: skip


def rows_of(folder):
    with (folder / "weekly-totals.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_scopes_name_the_same_places_under_their_new_numbers(town, tmp_path):
    here = left(tmp_path / "here")
    before = sorted(VisitorTotal.objects.filter(owned.scopes_of(town)).values_list("visitors", flat=True))
    elsewhere()
    arrived(here)
    own = Organisation.objects.get(slug="shop")
    assert sorted(VisitorTotal.objects.filter(owned.scopes_of(own)).values_list("visitors", flat=True)) == before
    assert VisitorTotal.objects.count() == len(before) >= 6
    assert own.pk != town.pk


WEEK_OF_THREE = day("2026-11-16")


def visitors(group_by=None, **filters):
    """Of the closed week, by the rows in which somebody scanned: how many, newcomers, and why there are none."""
    question = Question(first=WEEK_OF_THREE, last=WEEK_OF_THREE, group_by=group_by, filters=filters)
    return {
        row.group.slug if row.group else "": (row.visitors, row.first_time_visitors, row.missing.get("visitors"))
        for row in weekly_totals(question, at=NOW)
        if row.scanned_visits
    }


NOT_KEPT = (None, None, "not_kept")


def test_visitors_are_told_where_all_that_was_counted_arrived_and_are_no_zero_elsewhere(town, tmp_path):
    here = left(tmp_path / "here")
    elsewhere()
    arrived(here)
    for own in ("organisation", "activity", "location"):
        [told] = visitors(own).values()
        assert told == (3, 3, None), own
    assert visitors("programme", organisation="shop") == {"drop-in": (3, 3, None)}
    for everybodys in (None, "programme", "neighbourhood", "level"):
        [told] = visitors(everybodys).values()
        assert told == NOT_KEPT, everybodys


def test_a_town_tells_its_own_visitors_and_not_those_of_a_row_that_others_arrived_in(town, tmp_path):
    here = left(tmp_path / "here")
    elsewhere()
    place, token = factories.location(slug="other-0"), factories.issued_pass()[1]
    at = factories.session(place=place, title="Of the town", starts_at=NOW - 7 * DAY).starts_at
    deliver(scan(id=1, token=token, at=at), who=factories.device(place=place)[0], at=at)
    closing.close_week(WEEK_OF_THREE, at=NOW)
    arrived(here)
    assert visitors("location") == {"other-0": (1, 1, None), "shop": (3, 3, None)}
    assert visitors("neighbourhood") == {"wijk-0": (1, 1, None), "poelenburg": NOT_KEPT}
    assert visitors("programme") == {"drop-in": NOT_KEPT}
    assert visitors() == {"": NOT_KEPT}


def test_visitors_of_guests_are_not_told_beside_visits_that_stayed(town, tmp_path):
    """At the own door some came to what another organisation offers: together they were counted there."""
    shop, hub = town.locations.get(), factories.organisation(slug="hub")
    at = NOW - 14 * DAY
    for number, offers in enumerate((town, hub)):
        session = factories.session(place=shop, of=offers, title=f"By {offers.slug}", starts_at=at)
        token = factories.issued_pass(number=90 + number)[1]
        deliver(scan(id=90 + number, token=token, at=at, session=session), who=factories.coordinator(), at=at)
    closing.close_week(day("2026-11-09"), at=NOW)
    here = left(tmp_path / "here")
    elsewhere()
    arrived(here)
    question = Question(first=day("2026-11-09"), last=WEEK_OF_THREE, filters={"location": "shop"})
    found = [(row.scanned_visits, row.visitors) for row in weekly_totals(question, at=NOW)]
    assert found == [(1, None), (3, 3)]
    [own] = weekly_totals(Question(first=day("2026-11-09"), last=day("2026-11-09"), filters={"organisation": "shop"}))
    assert own.visitors == 1


def test_no_key_no_password_and_nobody_who_came_is_in_the_files(town, tmp_path):
    user = factories.youth_worker(at=town.locations.get())
    here = left(tmp_path / "here")
    whole = "".join((here / name).read_text() for name in FILES)
    for private in (user.password, "visitor", "PASS000000000001", "0000-0001", "token", "digest"):
        assert private not in whole.replace("visitors", "").replace("VisitorTotal", "").replace("a token of", "")
    elsewhere()
    arrived(here)
    assert not User.objects.get(email=user.email).has_usable_password()


def test_what_is_of_another_organisation_stays(town, tmp_path):
    here = left(tmp_path / "here")
    elsewhere()
    arrived(here)
    assert set(Activity.objects.values_list("title", flat=True)) == {"Drop-in hours", "Op bezoek"}
    assert Organisation.objects.filter(slug="hub").exists()
    assert not Membership.objects.exclude(organisation__slug="shop").exclude(location__slug="shop").exists()


def test_calendar_programs_read_the_calendar(town, tmp_path):
    here = left(tmp_path / "here")
    events = Calendar.from_ical((here / "calendar.ics").read_bytes()).walk("VEVENT")
    assert len(events) == Session.objects.filter(activity__organisation=town).count() == 9


def spoiled(folder, change):
    document = json.loads((folder / "organisation.json").read_text())
    change(document)
    (folder / "organisation.json").write_text(json.dumps(document))


SPOILT = {
    "a role everywhere": lambda d: d["rows"]["schools.Membership"][0].update(role="coordinator", organisation=None,
                                                                              location=None),
    "a role elsewhere": lambda d: d["rows"]["schools.Membership"][0].update(role="youth_worker", organisation=None,
                                                                             location=place_of(d, "hub")),
    "a row that points nowhere": lambda d: d["rows"]["activities.Session"][0].update(activity=999),
    "a table that is missing": lambda d: d["rows"].pop("schools.Location"),
    "a level that is none": lambda d: d["rows"]["activities.Activity"][0].update(level="gym"),
    "a moment that is none": lambda d: d["rows"]["activities.Session"][0].update(starts_at="soon"),
    "a field that is missing": lambda d: d["rows"]["activities.Session"][0].pop("starts_at"),
    "rows that are none": lambda d: d["rows"].update({"schools.Location": ["shop"]}),
    "no rows": lambda d: d.update(rows=[]),
    "another form": lambda d: d.update(format="inloop-organisation/9"),
}  # fmt: skip


def place_of(document, slug):
    return next(row["key"] for row in document["rows"]["schools.Location"] if row["slug"] == slug)


def test_what_was_spoiled_is_refused_and_changes_nothing(town, tmp_path):
    files = left(tmp_path / "here")
    whole = (files / "organisation.json").read_text()
    elsewhere()
    for name, change in SPOILT.items():
        (files / "organisation.json").write_text(whole)
        spoiled(files, change)
        with pytest.raises(CommandError):
            arrived(files)
        assert not Session.objects.exists(), name
        assert not Organisation.objects.filter(slug="shop").exists(), name


def test_nobody_arrives_twice_nor_leaves_over_something(town, tmp_path):
    here = left(tmp_path / "here")
    with pytest.raises(CommandError, match="already"):
        arrived(here)
    with pytest.raises(CommandError, match="already"):
        left(here)
    with pytest.raises(CommandError, match="no organisation"):
        left(tmp_path / "nobody", slug="nobody")
    with pytest.raises(CommandError, match="cannot be read"):
        arrived(tmp_path / "nothing")
    assert not (tmp_path / "nobody").exists()


def test_a_week_that_is_open_here_is_not_closed_by_who_arrives(town, tmp_path, monkeypatch):
    here = left(tmp_path / "here")
    for is_open in (
        lambda: Week.objects.create(starts_on=WEEK_OF_THREE),
        # Nobody came yet, so it is in no row.
        lambda: factories.session(
            place=factories.location(slug="other-0"), title="Of the town", starts_at=NOW - 7 * DAY
        ),
        lambda: monkeypatch.setattr("attendance.management.commands.import_organisation.now", lambda: NOW + 12 * DAY),
    ):
        elsewhere()
        is_open()
        with pytest.raises(CommandError, match="still open"):
            arrived(here)
        assert not SessionTotal.objects.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets nobody write meanwhile")
def test_what_leaves_is_of_one_moment(town, tmp_path, monkeypatch):
    series = town.activities.first()
    added = partial(publishing.add, series, starts_at=NOW + DAY, ends_at=NOW + DAY + HOUR, at=NOW)
    figures = leaving._totals

    def figures_after_a_change(*given, **rest):
        at_once(added)
        return figures(*given, **rest)

    before = [row["sessionsPlanned"] for row in rows_of(left(tmp_path / "before"))]
    monkeypatch.setattr(leaving, "_totals", figures_after_a_change)
    assert [row["sessionsPlanned"] for row in rows_of(left(tmp_path / "here"))] == before
    assert series.sessions.filter(starts_at=NOW + DAY).exists()


def test_every_table_leaves_or_has_its_reason_to_stay():
    ours = {model._meta.label for name in ("schools", "activities", "attendance")
            for model in apps.get_app_config(name).get_models()}  # fmt: skip
    leaves = {table.name for table in owned.TABLES}
    assert leaves | owned.STAYS.keys() == ours
    assert not leaves & owned.STAYS.keys()


def test_a_table_comes_after_those_that_it_points_at():
    there: set[str] = set()
    for table in owned.TABLES:
        there.add(table.name)
        points_at = {one.remote_field.model._meta.label for one in table.fields if owned.is_reference(one)}
        assert points_at <= there, table.name
