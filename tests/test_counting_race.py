"""What happens to a count at the same moment: a form that is sent twice, a phone that delivers, a session that goes."""

import uuid
from functools import partial

import pytest
from django.db.models import Sum

from activities import publishing
from attendance import closing, counting
from attendance.models import CheckIn, HandCount, NobodyCame, SessionTotal
from schools.rules import RuleViolation
from tests import factories
from tests.factories import HOUR, NOW, WEEK, deliver, tally
from tests.test_checkin_race import at_once

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 10
OVER = NOW + 2 * HOUR


@pytest.fixture
def town():
    """A phone, and who keeps its door, twice."""
    shop = factories.location(slug="shop")
    keepers = [factories.youth_worker(at=shop, email=f"{name}@inloop.example") for name in ("one", "two")]
    return shop, factories.device(place=shop)[0], keepers


def tried(verb, *arguments, **settings):
    """Done, or the code of its refusal."""
    try:
        verb(*arguments, **settings)
    except RuleViolation as refusal:
        return refusal.code
    return "done"


def visits(session):
    return session.check_ins.aggregate(n=Sum("visits", default=0))["n"]


def test_a_form_that_is_sent_twice_counts_once(town):
    shop, _phone, keepers = town
    session = factories.session(place=shop)
    for number in range(TIMES):
        once = partial(counting.add, session, 3, reason="other", id=uuid.UUID(int=number), at=OVER)
        at_once(*(partial(once, by=by) for by in keepers))
        assert visits(session) == 3 * (number + 1)
    assert HandCount.objects.count() == TIMES


def test_who_is_counted_while_somebody_says_that_nobody_came_is_counted_all_the_same(town):
    shop, phone, keepers = town
    for number in range(TIMES):
        session = factories.session(place=shop, title=f"Number {number}")
        counted, said, _again = at_once(
            partial(deliver, tally(id=number, session=session), who=phone, at=OVER),
            partial(tried, counting.say_nobody_came, session, by=keepers[0], at=OVER),
            partial(tried, counting.say_nobody_came, session, by=keepers[1], at=OVER),
        )
        assert (counted[0].outcome, visits(session)) == ("counted", 1)
        assert NobodyCame.objects.filter(session=session).count() <= 1
        assert said in ("done", "somebody_came")


def test_what_is_said_while_a_week_is_closed_is_in_its_totals_or_refused(town):
    shop, _phone, _keepers = town
    by = factories.coordinator()
    for number in range(TIMES):
        session = factories.session(place=shop, title=f"Number {number}", starts_at=NOW - number * 7 * 24 * HOUR)
        said, _closed = at_once(
            partial(tried, counting.say_nobody_came, session, by=by, at=OVER),
            partial(closing.close_week, session.week, at=OVER),
        )
        assert SessionTotal.objects.get(pk=session.pk).nobody_came == (said == "done")
        assert said in ("done", "week_closed")


def test_a_session_that_is_moved_while_its_week_is_closed_is_moved_or_counted_there(town):
    shop, _phone, _keepers = town
    due = NOW + 3 * WEEK  # then all of these may be closed
    for number in range(TIMES):
        session = factories.session(place=shop, title=f"Number {number}", starts_at=NOW - number * 7 * 24 * HOUR)
        assert session.week <= closing.last_due(at=due)
        moved, _closed = at_once(
            partial(tried, publishing.move, session, starts_at=session.starts_at + WEEK * 20, at=due),
            partial(closing.close_week, session.week, at=due),
        )
        assert moved in ("done", "week_closed")
        assert SessionTotal.objects.filter(pk=session.pk).exists() == (moved == "week_closed")


def test_nobody_is_counted_by_hand_in_a_session_that_is_cancelled_meanwhile(town):
    shop, _phone, keepers = town
    for number in range(TIMES):
        session = factories.session(place=shop, title=f"Number {number}")
        at_once(
            partial(tried, counting.add, session, 1, reason="other", id=uuid.UUID(int=number), by=keepers[0], at=OVER),
            partial(tried, publishing.cancel, session, reason="Ziek", at=NOW),
        )
        session.refresh_from_db()
        assert bool(visits(session)) != session.is_cancelled
    assert HandCount.objects.count() == CheckIn.objects.filter(visits__gt=0).count()
