"""Several workers at once: each calendar is fetched by one of them, and the programme is that of one calendar."""

from contextlib import suppress
from functools import partial
from threading import Barrier, BrokenBarrierError, Lock

import pytest

from activities import publishing
from activities.intake import taking
from activities.intake.apply import apply
from activities.intake.fetching import Fetched
from activities.intake.taking import begin, take_in_all
from activities.models import Activity, CalendarSource, Session
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, NOW
from tests.intake.elsewhere import calendar, coming, once, source, weekly
from tests.test_checkin_race import at_once

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


def test_each_calendar_is_fetched_by_one_worker(monkeypatch):
    lock, asked = Lock(), []
    # The first one waits with its answer until the others have looked, or a moment has passed.
    waiting = Barrier(WORKERS)

    def fetch(address, **known):
        with lock:
            asked.append(address)
        with suppress(BrokenBarrierError):
            waiting.wait(timeout=0.2)
        return Fetched(body=b"BEGIN", etag="", last_modified="")

    monkeypatch.setattr(taking, "fetch", fetch)
    monkeypatch.setattr(taking, "read", lambda *given, **named: calendar(*weekly()))
    for number in range(3):
        addresses = [f"https://{number}-{n}.example/" for n in range(2)]
        for address in addresses:
            source(place=factories.location(slug=f"school-{number}"), address=address)
        counts = at_once(*[partial(take_in_all, at=NOW)] * WORKERS)
        assert sorted(asked) == addresses
        assert sum(counts) == 2
        asked.clear()
    assert set(CalendarSource.objects.values_list("problem", flat=True)) == {""}
    assert (Activity.objects.count(), Session.objects.count()) == (6, 24)


def test_a_form_that_is_sent_twice_makes_one_calendar(monkeypatch):
    monkeypatch.setattr(taking, "fetch", lambda *given: Fetched(body=b"BEGIN", etag="", last_modified=""))
    monkeypatch.setattr(taking, "read", lambda *given, **named: calendar(*weekly()))
    place, line = factories.location(slug="school"), factories.programme()

    def send(number):
        values = {"organisation": place.organisation, "location": place, "programme": line}
        try:
            begin(CalendarSource(name="Agenda", address=f"https://{number}.example/", **values), at=NOW)
        except RuleViolation as refusal:
            assert refusal.code == "already_followed"  # noqa: PT017

    for number in range(4):
        at_once(*[partial(send, number)] * WORKERS)
    assert (CalendarSource.objects.count(), Activity.objects.count()) == (4, 4)


def test_the_same_calendar_applied_by_many_at_once_is_there_once():
    for number in range(4):
        school = source(place=factories.location(slug=f"school-{number}"))
        at_once(*[partial(apply, school, calendar(*weekly(times=3), once(uid="art")), at=NOW)] * WORKERS)
        assert school.activities.count() == 2
        assert Session.objects.filter(activity__source=school).count() == 4


def test_what_is_taken_off_while_it_is_taken_in_stays_off():
    for number in range(6):
        school = source(place=factories.location(slug=f"school-{number}"))
        apply(school, calendar(*weekly()), at=NOW)
        activity = school.activities.get()
        at_once(
            partial(apply, school, calendar(*weekly(first=NOW + DAY)), at=NOW + HOUR, allow_loss=True),
            partial(publishing.archive, activity, at=NOW + HOUR),
        )
        assert not activity.sessions.filter(starts_at__gt=NOW).exists()
    assert coming() == []
