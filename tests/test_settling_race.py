"""Two people settle the same at the same moment: it counts once, and taken back once."""

from functools import partial

import pytest
from django.db.models import Sum

from activities import publishing
from attendance import settling
from attendance.models import CheckIn, Settlement
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, NOW, WEEK, claim_id, deliver, tally, void
from tests.test_checkin_race import at_once

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


@pytest.fixture
def shop():
    return factories.location(slug="shop")


@pytest.fixture
def people(shop):
    return [factories.youth_worker(at=shop, email=f"worker-{number}@inloop.example") for number in range(WORKERS)]


def tried(verb, *arguments, **settings):
    """What it returned, or the code of its refusal."""
    try:
        return verb(*arguments, **settings)
    except RuleViolation as refusal:
        return refusal.code


def visits(session):
    return session.check_ins.aggregate(n=Sum("visits", default=0))["n"]


def kept(*numbers):
    return [CheckIn.objects.get(pk=claim_id(number)) for number in numbers]


def test_settled_by_many_at_once_it_counts_once(shop, people):
    phone = factories.device(place=shop)[0]
    session = factories.session(place=shop)
    for number in range(10, 210, 10):
        deliver(tally(id=number, count=2, at=NOW + 5 * DAY), tally(id=number + 1, at=NOW + 5 * DAY), who=phone)
        # The same two in either order, one of them alone, and somebody who says it was nothing.
        choices = [(number, number + 1), (number + 1, number), (number,), (number, number + 1)]
        sessions = [session, session, session, None]
        before = visits(session)
        answers = at_once(
            *(
                partial(tried, settling.settle, kept(*chosen), session=of, by=by, at=NOW)
                for chosen, of, by in zip(choices, sessions, people, strict=True)
            )
        )
        [made] = [answer for answer in answers if answer != "already_settled"]
        assert visits(session) - before == sum(row.check_in.count for row in made if row.session)
        about = Settlement.objects.filter(check_in__in=kept(number, number + 1))
        assert sorted(row.pk for row in about) == sorted(row.pk for row in made)


def test_taken_back_by_many_at_once_it_is_voided_once(shop, people):
    phone = factories.device(place=shop)[0]
    session = factories.session(place=shop)
    for number in range(1, 16):
        deliver(tally(id=number, at=NOW + 5 * DAY), who=phone)
        [settlement] = settling.settle(kept(number), session=session, by=people[0], at=NOW)
        answers = at_once(
            *(partial(tried, settling.take_back, settlement.decision, by=by, at=NOW) for by in people),
        )
        assert answers.count("already_taken_back") == WORKERS - 1
        assert CheckIn.objects.filter(voids=settlement.added_id).count() == 1
    assert visits(session) == 0


def test_what_its_phone_takes_back_while_it_is_settled_is_one_of_the_two(shop, people):
    phone = factories.device(place=shop)[0]
    session = factories.session(place=shop)
    for number in range(10, 160, 10):
        deliver(tally(id=number, at=NOW + 5 * DAY), who=phone)
        before = visits(session)
        [answer, _results] = at_once(
            partial(tried, settling.settle, kept(number), session=session, by=people[0], at=NOW),
            partial(deliver, void(id=number + 1, of=number), who=phone),
        )
        counted = answer != "already_settled"
        assert visits(session) - before == counted
        assert kept(number)[0].voided_at
        assert Settlement.objects.filter(check_in=claim_id(number)).exists() == counted


def test_nobody_waits_for_the_other_for_ever_where_both_begin_the_week(shop, people):
    phone = factories.device(place=shop)[0]
    for weeks_ago in range(5):
        then = NOW - weeks_ago * WEEK
        session = factories.session(place=shop, title=f"Number {weeks_ago}", starts_at=then)
        deliver(tally(id=2 * weeks_ago, at=NOW + 5 * DAY), who=phone)
        [answer, _results] = at_once(
            partial(tried, settling.settle, kept(2 * weeks_ago), session=session, by=people[0], at=NOW),
            partial(deliver, void(id=2 * weeks_ago + 1, of=2 * weeks_ago, at=then), who=phone),
        )
        assert visits(session) == (answer != "already_settled")


def test_a_session_cancelled_meanwhile_is_not_counted_in(shop, people):
    phone = factories.device(place=shop)[0]
    for number in range(1, 16):
        session = factories.session(place=shop, title=f"Number {number}")
        deliver(tally(id=number, at=NOW + 5 * DAY), who=phone)
        at_once(
            partial(tried, settling.settle, kept(number), session=session, by=people[0], at=NOW),
            partial(tried, publishing.cancel, session, reason="Ziek", at=NOW),
        )
        session.refresh_from_db()
        assert bool(visits(session)) != session.is_cancelled
