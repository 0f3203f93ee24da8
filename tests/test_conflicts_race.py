"""Two publishers at once: what only one of them can have, only one of them gets."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connections

from activities import bookings, publishing
from activities.conflicts import Clashing, clashes_of
from activities.models import Session
from tests import bookable, factories
from tests.factories import DAY, HOUR, NOW

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 6


def at_once(*jobs):
    """Run each in a thread of its own, all from one start. Returns which of them were refused."""
    start = Barrier(len(jobs))

    def run(job):
        try:
            start.wait(timeout=30)
            job()
        except Clashing:
            return True
        else:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


@pytest.fixture
def vr():
    return bookable.equipment()


def test_two_publishers_who_book_the_same_set_for_the_same_hours_do_not_both_get_it(vr):
    places = [factories.location(slug=slug) for slug in ("shop", "hub")]
    for number in range(TIMES):
        series = [factories.activity(place=place, title=f"{place} {number}") for place in places]
        refused = at_once(
            *(partial(bookings.book_series, one, resources=[vr], staff=[], at=NOW) for one in series),
        )
        assert sorted(refused) == [False, True]
        assert [one.series_bookings.exists() for one in series] == [not no for no in refused]
        for one in series:
            publishing.archive(one, at=NOW)


def test_one_who_moves_and_one_who_books_do_not_meet(vr):
    shop = factories.location(slug="shop")
    for number in range(TIMES):
        start = NOW + (number + 1) * DAY
        moved = factories.session(place=shop, title=f"Moved {number}", starts_at=start - 3 * HOUR)
        bookings.book_session(moved, resources=[vr], staff=[], at=NOW)
        other = factories.session(place=shop, title=f"Booked {number}", starts_at=start)
        refused = at_once(
            partial(publishing.move, moved, starts_at=start, at=NOW),
            partial(bookings.book_session, other, resources=[vr], staff=[], at=NOW),
        )
        assert sorted(refused) == [False, True]
        assert clashes_of(Session.objects.all(), at=NOW) == []


def test_what_is_retired_meanwhile_is_not_booked_after_all():
    shop = factories.location(slug="shop")
    for number in range(TIMES):
        thing = bookable.equipment(name=f"Set {number}")
        session = factories.session(place=shop, title=f"Number {number}", starts_at=NOW + DAY)

        def book(session=session, thing=thing):
            try:
                bookings.book_session(session, resources=[thing], staff=[], at=NOW)
            except bookings.ValidationError as refusal:
                assert "resources" in refusal.error_dict  # noqa: PT017

        at_once(book, partial(bookings.retire, thing, at=NOW))
        # Booked before it was retired: then it is listed. Otherwise it was refused.
        clashes = clashes_of(Session.objects.filter(pk=session.pk), at=NOW)
        assert len(clashes) == session.bookings.count()
