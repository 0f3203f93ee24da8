"""While a session is cancelled nobody can answer, so nobody loses a turn; and where everybody fits nobody does."""

from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities import closing_days, publishing
from activities.intake.apply import apply
from activities.models import Activity, Session
from attendance.models import Place
from attendance.places import listing, reading, taking, waiting
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, WEEK
from tests.intake.elsewhere import calendar, once, source
from tests.reserving import cards, limited, refused, states, take

pytestmark = pytest.mark.django_db
# On Friday, at the same time; cancelled within the hour, and restored on Thursday.
START = NOW + 3 * DAY
RESTORED = NOW + 2 * DAY


@pytest.fixture
def training(shop):
    return limited(place=shop, title="Training", starts_at=START)


@contextmanager
def cancelled_by_hand(session):
    session = publishing.cancel(session, reason="Ziek", at=NOW + HOUR)
    yield
    publishing.restore(session, at=RESTORED)


@contextmanager
def closed(session):
    on = str(session.local_date)
    closure = factories.closure(place=session.location, starts_on=on, ends_on=on)
    assert closing_days.close(closure, at=NOW + HOUR) == 1
    yield
    closing_days.reopen(closure, at=RESTORED)


def offered():
    return Place.objects.get(state="offered")


@pytest.mark.parametrize("away", [cancelled_by_hand, closed])
@pytest.mark.parametrize("looks", [[], [2, 30, 47]])
def test_an_offer_does_not_lapse_while_the_session_is_cancelled_and_is_made_anew_after(training, away, looks):
    one, two, three, four = cards(4)
    take(one, two, three, four, session=training)
    taking.give_back(one, training.pk, at=NOW)
    with away(training):
        assert states(training) == ["held", "waiting", "waiting"]
        for hours in looks:
            listing.settle_due(at=NOW + hours * HOUR)
            assert reading.edition(at=NOW + hours * HOUR) is not None
    assert listing.settle_due(at=RESTORED + HOUR) == 1
    assert states(training) == ["held", "offered", "waiting"]
    assert offered().offer_ends_at == waiting.offer_ends_at(RESTORED, starts_at=START) > RESTORED + HOUR
    assert taking.accept(three, training.pk, at=RESTORED + 2 * HOUR).state == "held"


def test_what_lapsed_before_it_was_cancelled_has_lapsed(shop):
    session = limited(place=shop, starts_at=NOW + 2 * HOUR)
    one, two, three, four, five = cards(5)
    take(one, two, three, four, five, session=session)
    taking.give_back(one, session.pk, at=NOW)
    # An hour for the third, and half of what is left for the fourth. Nobody looked until then.
    publishing.cancel(session, reason="Ziek", at=NOW + 95 * MINUTE)
    assert states(session) == ["held", "lapsed", "lapsed", "waiting"]


def test_what_a_calendar_from_elsewhere_cancels_and_brings_back_keeps_the_line(db):
    school = source()
    apply(school, calendar(once(starts_at=START)), at=NOW)
    Activity.objects.update(capacity=1)
    session = Session.objects.get()
    one, two = cards(2)
    take(one, two, session=session)
    taking.give_back(one, session.pk, at=NOW)
    apply(school, calendar(once(starts_at=START, is_cancelled=True)), at=NOW + HOUR)
    assert states(session) == ["waiting"]
    apply(school, calendar(once(starts_at=START)), at=RESTORED)
    listing.settle_due(at=RESTORED)
    assert (states(session), offered().offer_ends_at > RESTORED) == (["offered"], True)
    apply(school, calendar(), at=RESTORED + HOUR, allow_loss=True)
    assert states(session) == ["waiting"]


def test_a_closure_of_many_dates_asks_once_whether_anything_is_offered(shop):
    def cost(days):
        factories.activity(place=shop, title=f"Club {days}", rrule="FREQ=DAILY", until="2026-12-18")
        closure = factories.closure(place=shop, starts_on="2026-12-01", ends_on=f"2026-12-{days:02}")
        with CaptureQueriesContext(connection) as queries:
            closing_days.close(closure, at=NOW)
        return len(queries)

    assert cost(1) == cost(12)


# ---------------------------------------------------------------- to another week


@pytest.mark.parametrize("before", [["held"], ["held", "offered", "waiting"]])
def test_what_is_left_behind_by_a_session_of_another_week_is_no_place(training, before):
    tokens = cards(4)
    take(*tokens[: len(before) + 1], session=training)
    taking.give_back(tokens[0], training.pk, at=NOW)
    assert states(training) == before
    publishing.move(training, starts_at=START + WEEK, at=NOW + HOUR)
    for token in tokens[1 : len(before) + 1]:
        assert refused(taking.accept, token, training.pk, at=NOW + 2 * HOUR) == "moved"
        taking.give_back(token, training.pk, at=NOW + 2 * HOUR)
    assert not Place.objects.exists()


# ---------------------------------------------------------------- where everybody fits


def test_who_did_not_answer_is_as_welcome_once_everybody_fits(training):
    one, two, three, four = cards(4)
    take(one, two, three, four, session=training)
    taking.give_back(one, training.pk, at=NOW)
    end = offered().offer_ends_at
    publishing.change(training.activity, {"capacity": None}, at=NOW + HOUR)
    assert listing.settle_due(at=end - MINUTE) == 0
    assert (states(training), listing.settle_due(at=end)) == (["held", "offered", "waiting"], 1)
    assert listing.settle_due(at=end) == 0
    assert reading.edition(at=end + 30 * DAY) is not None
    assert taking.accept(three, training.pk, at=end).state == "held"
    # Should there be a limit again, nobody has lost anything by it.
    publishing.change(Activity.objects.get(), {"capacity": 2}, at=end + HOUR)
    listing.settle_due(at=end + 2 * HOUR)
    assert states(training) == ["held", "held", "waiting"]
