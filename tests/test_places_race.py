"""Many want the last place at the same moment: it is given once, and nobody is lost from the list."""

from collections import Counter
from contextlib import suppress
from functools import partial

import pytest

from activities import publishing
from activities.weeks import week_of
from attendance import closing, passes
from attendance.models import Pass, Place, Week, WeekKey
from attendance.places import classes, listing, taking
from schools.rules import RuleViolation
from tests import factories
from tests.factories import HOUR, NOW, WEEK
from tests.reserving import START, cards, limited, refused, states, take
from tests.test_checkin_race import at_once

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 6


def asked(session, token, *, at=NOW):
    with suppress(RuleViolation):
        return taking.reserve(token, session.pk, at=at).state


def test_the_last_places_are_given_once_also_in_a_week_that_begins_by_it():
    tokens = cards(THREADS)
    for number in range(6):
        session = limited(title=f"Number {number}", capacity=2, starts_at=START + number % 4 * WEEK)
        said = at_once(*(partial(asked, session, token) for token in tokens[: THREADS - 1]))
        assert Counter(said) == {"held": 2, "waiting": THREADS - 3}
        assert list(Place.objects.filter(session=session).order_by("number").values_list("number", flat=True)) == [
            *range(1, THREADS)
        ]
        # A place comes free for two reasons at once, while others ask and look.
        first, second = (token for token, got in zip(tokens, said, strict=False) if got == "held")
        at_once(
            partial(taking.give_back, first, session.pk, at=NOW + HOUR),
            partial(taking.give_back, second, session.pk, at=NOW + HOUR),
            partial(asked, session, tokens[-1], at=NOW + HOUR),
            partial(listing.settle_due, at=NOW + HOUR),
        )
        assert states(session) == ["offered", "offered", "waiting", "waiting"]
    assert Week.objects.count() == WeekKey.objects.count() == 4


def test_one_pass_that_asks_many_times_at_once_has_one_place_and_five_in_its_week():
    [token] = cards(1)
    session = limited(capacity=3)
    assert set(at_once(*[partial(asked, session, token)] * THREADS)) == {"held"}
    assert states(session) == ["held"]
    others = [limited(title=f"Number {number}") for number in range(THREADS)]
    at_once(*(partial(asked, other, token) for other in others))
    assert Place.objects.count() == taking.MOST_PER_WEEK


def test_a_class_and_young_people_share_the_same_seats():
    tokens, school, by = cards(4), factories.organisation(slug="school"), factories.coordinator()
    for number in range(5):
        session = limited(title=f"Number {number}", capacity=5)
        bring = partial(refused, classes.reserve, session.pk, school, 4, by=by, at=NOW)
        came, *said = at_once(bring, *(partial(asked, session, token) for token in tokens))
        held = sum(Place.objects.filter(session=session, state="held").values_list("seats", flat=True))
        assert held == (5 if not came else 4)
        assert said.count("held") == (1 if not came else 4)


def test_a_session_that_is_moved_and_a_pass_that_is_revoked_leave_no_place_behind():
    tokens = cards(3)
    for number in range(6):
        session = limited(title=f"Number {number}", capacity=1)
        take(tokens[0], tokens[1], session=session)
        card = Pass.objects.get(number="0000-0001")
        at_once(
            partial(passes.revoke, card, at=NOW),
            partial(asked, session, tokens[0]),
            partial(publishing.move, session, starts_at=START + WEEK, at=NOW),
            partial(asked, session, tokens[2]),
        )
        session.refresh_from_db()
        here = Place.objects.filter(session=session, week=session.week)
        assert here.filter(state="held").count() <= 1
        key = WeekKey.objects.filter(week=week_of(START)).get()
        gone = taking.pseudonym(bytes(key.key), bytes(card.digest))
        assert not Place.objects.filter(holder=gone).exists()
        Pass.objects.update(revoked_at=None)
        Place.objects.all().delete()


def test_in_a_session_that_is_cancelled_meanwhile_no_offer_stands():
    tokens = cards(4)
    for number in range(6):
        session = limited(title=f"Number {number}", capacity=1)
        take(*tokens[:3], session=session)
        at_once(
            partial(taking.give_back, tokens[0], session.pk, at=NOW),
            partial(publishing.cancel, session, reason="Ziek", at=NOW),
            partial(asked, session, tokens[3]),
            partial(listing.settle_due, at=NOW),
        )
        assert set(states(session)) == {"waiting"}


def test_a_week_that_is_closed_while_somebody_reserves_has_no_place_left():
    tokens = cards(3)
    for number in range(5):
        session = limited(title=f"Number {number}", starts_at=START + number % 5 * WEEK)
        at_once(
            *(partial(asked, session, token) for token in tokens), partial(closing.close_week, session.week, at=NOW)
        )
        assert not Place.objects.filter(week=session.week).exists()
        assert not WeekKey.objects.filter(week=session.week).exists()
