"""The demo town: complete and believable."""

import re
from collections import Counter

import pytest
from django.db import transaction

from activities.models import Activity, Edition, Programme, Session
from activities.weeks import local_date, monday_of
from attendance import demo
from attendance.models import CheckIn, Device, Pass
from attendance.questions import Question
from attendance.totals import weekly_totals
from schools.models import Location, Neighbourhood, Organisation, User
from tests.factories import NOW, WEEK, day

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def town(django_db_setup, django_db_blocker):
    """The town of the Tuesday in NOW with thirteen weeks behind it, made once; the tests here only read it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield demo.fill(weeks=13, at=NOW)
        transaction.set_rollback(True)


def totals(group_by=None, *, first, last):
    return weekly_totals(Question(first=first, last=last, group_by=group_by), at=NOW)


FIRST, LAST = monday_of(local_date(NOW)) - 13 * WEEK, monday_of(local_date(NOW)) - WEEK


def test_the_town_has_the_places_programmes_and_people_of_the_contract(town):
    assert {"jongerenwinkel", "jongerenhub"} <= set(Location.objects.values_list("slug", flat=True))
    assert {"local-heroes", "vr-game", "entree"} <= set(Programme.objects.values_list("slug", flat=True))
    kinds = Counter(Organisation.objects.values_list("kind", flat=True))
    assert (kinds["primary_school"], kinds["secondary_school"], kinds["youth_shop"], kinds["youth_hub"]) == (2, 2, 1, 1)
    assert set(Neighbourhood.objects.values_list("name", flat=True)) == {"Poelenburg", "Peldersveld", "Saendelft"}
    assert User.objects.count() == 3


def test_the_shop_has_about_140_visits_a_week_outside_the_holidays(town):
    rows = [row for row in totals("location", first=FIRST, last=LAST) if row.group.slug == "jongerenwinkel"]
    ordinary = [row.visits for row in rows if not row.school_holiday]
    assert len(ordinary) == 12
    assert all(100 <= visits <= 185 for visits in ordinary), ordinary
    assert 125 <= sum(ordinary) / len(ordinary) <= 155
    assert {row.target for row in rows} == {140}


def test_holiday_weeks_are_quiet(town):
    rows = {row.label: row for row in totals(first=FIRST, last=LAST)}
    ordinary = [row.visits for row in rows.values() if not row.school_holiday]
    assert rows["2026-W42"].school_holiday
    assert 0 < rows["2026-W42"].visits < 0.5 * min(ordinary)


def test_there_are_passes_tallies_and_classes(town):
    rows = totals(first=FIRST, last=LAST)
    for row in rows:
        assert 0 < row.visitors < row.scanned_visits, row.label
        assert row.tallied_visits > 0, row.label
    # A class comes every second week.
    assert sum(row.group_visits > 0 for row in rows) >= 6
    assert Pass.objects.exclude(revoked_at=None).count() == 1
    assert set(CheckIn.objects.values_list("outcome", flat=True)) == {"counted"}


def test_nothing_has_been_counted_for_today_or_later(town):
    assert CheckIn.objects.filter(local_date__gte=local_date(NOW)).count() == 0
    assert Session.objects.filter(local_date__gt=local_date(NOW)).count() > 100


def test_no_holiday_has_a_session_of_what_skips_them(town):
    autumn = Session.objects.filter(local_date__range=(day("2026-10-10"), day("2026-10-18")))
    assert set(autumn.values_list("activity__skip_holidays", flat=True)) == {False}


def test_the_programme_to_come_has_a_move_a_cancellation_and_a_closure(town):
    coming = Session.objects.filter(starts_at__gt=NOW)
    assert coming.exclude(moved_at=None).count() == 1
    assert coming.exclude(cancelled_at=None).filter(closure=None).count() == 1
    assert coming.exclude(closure=None).exists()


def test_no_person_is_named_anywhere(town):
    assert set(User.objects.values_list("name", flat=True)) == {"Coördinator", "Programmamaker", "Jongerenwerker"}
    assert {email.split("@")[1] for email in User.objects.values_list("email", flat=True)} == {"inloop.example"}
    texts = [*Activity.objects.values_list("title", "description"), *Device.objects.values_list("name")]
    # Two capitalised words in a row would be a name; these are of things.
    pairs = {pair for row in texts for text in row for pair in re.findall(r"\b[A-Z][a-z]+ [A-Z][a-z]+\b", text)}
    assert pairs <= {"Local Heroes", "Local Hero", "Een Local", "Deur Jongerenwinkel", "Deur Basisschool",
                     "Deur Zaanweide", "Deur Lyceum", "Zaanweide College", "Lyceum Noorderdijk", "De Windroos",
                     "Het Molenrad", "Basisschool De", "Basisschool Het", "Inloop Jongerenwinkel"}  # fmt: skip


def test_a_new_town_is_not_ahead_of_the_clock(town):
    assert Edition.objects.get().changed_at == NOW
