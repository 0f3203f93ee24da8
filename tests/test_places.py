"""Places: taken with a pass alone, passed on in order, kept as a visit is, and gone with the key of the week."""

from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities import publishing
from activities.models import Activity, Session
from activities.places_taken import with_places_taken
from attendance import closing, passes
from attendance.kept import kept
from attendance.models import CheckIn, Place, Week, WeekKey
from attendance.places import classes, listing, reading, taking, waiting
from attendance.pseudonyms import pseudonym
from schools.secrets import digest
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, WEEK, deliver, group, moment, scan, tally, void
from tests.reserving import START, cards, limited, refused, states, take

pytestmark = pytest.mark.django_db
# Half of the time until tomorrow would end in the night: the offer stands until the morning.
TILL_MORNING = 17 * HOUR


@pytest.fixture
def training(shop):
    return limited(place=shop, title="Training")


def left(session, *, at=NOW):
    [told] = with_places_taken([Session.objects.select_related("activity").get(pk=session.pk)], at=at)
    return told.places_left


def mine(token, *, at=NOW):
    """What the holder of this pass reads of each place."""
    overview = reading.overview(holder(token), at=at)
    return [(one.session.activity.title, one.state, one.ahead) for one in overview.mine]


def holder(token):
    return passes.Pass.objects.get(digest=digest(token))


# ---------------------------------------------------------------- reserving


def test_who_comes_first_has_a_place_and_the_others_wait_in_order(training):
    one, two, three, four = cards(4)
    assert left(training) == 2
    assert take(one, two, three, four, session=training) == ["held", "held", "waiting", "waiting"]
    assert take(one, three, session=training) == ["held", "waiting"]  # asked again it is the same one
    assert (states(training), left(training)) == (["held", "held", "waiting", "waiting"], 0)
    assert [mine(token)[0][1:] for token in (one, three, four)] == [("held", 0), ("waiting", 0), ("waiting", 1)]


def test_a_place_that_is_given_back_is_offered_to_who_waits_longest_and_to_nobody_else(training):
    one, two, three, four, late = cards(5)
    take(one, two, three, four, session=training)
    taking.give_back(one, training.pk, at=NOW)
    assert states(training) == ["held", "offered", "waiting"]
    assert left(training) == 0
    assert take(late, session=training) == ["waiting"]
    assert taking.accept(three, training.pk, at=NOW + HOUR).state == "held"
    assert taking.accept(three, training.pk, at=NOW + 2 * HOUR).state == "held"
    assert states(training) == ["held", "held", "waiting", "waiting"]


def test_an_offer_that_is_declined_or_lapses_goes_to_the_next(training):
    one, two, three, four, five = cards(5)
    take(one, two, three, four, five, session=training)
    taking.give_back(one, training.pk, at=NOW)
    taking.give_back(three, training.pk, at=NOW + HOUR)
    assert states(training) == ["held", "offered", "waiting"]
    end = Place.objects.get(state="offered").offer_ends_at
    assert end == NOW + TILL_MORNING
    assert refused(taking.accept, four, training.pk, at=end) == "offer_lapsed"
    listing.settle_due(at=end)
    assert states(training) == ["held", "lapsed", "offered"]
    # Whoever lets it lapse may ask again, and stands at the end.
    assert (mine(four, at=end)[0][1], take(four, session=training, at=end)) == ("lapsed", ["waiting"])
    assert states(training) == ["held", "offered", "waiting"]


@pytest.mark.parametrize("looks", [[], [19], [1, 5, 12, 17, 18, 20, 22]])
def test_it_does_not_matter_when_somebody_looks(training, looks):
    tokens = cards(6)
    take(*tokens, session=training)
    taking.give_back(tokens[0], training.pk, at=NOW)
    for hours in looks:
        listing.settle_due(at=NOW + hours * HOUR)
        assert left(training, at=NOW + hours * HOUR) == 0
    # Then half of what is left, and so on: 3 hours and 30 minutes, 1 hour and 45.
    at = NOW + TILL_MORNING + 210 * MINUTE + 105 * MINUTE
    listing.settle_due(at=at)
    assert states(training) == ["held", "lapsed", "lapsed", "lapsed", "offered"]
    assert Place.objects.get(state="offered").offer_ends_at == at + 53 * MINUTE


def test_who_reads_reckons_what_nobody_has_written_down_yet(training):
    """After the last one who waits has not answered either, the place is anybody's."""
    one, two, three, four = cards(4)
    take(one, two, three, four, session=training)
    taking.give_back(one, training.pk, at=NOW)
    before = states(training)
    assert [left(training, at=NOW + hours * HOUR) for hours in (16, 17, 20, 21, 23)] == [0, 0, 0, 1, 1]
    assert states(training) == before
    assert take(one, session=training, at=NOW + 21 * HOUR) == ["held"]


@pytest.mark.parametrize(
    ("before_start", "stands"),
    [(72 * HOUR, DAY), (8 * HOUR, 4 * HOUR), (2 * HOUR, HOUR), (50 * MINUTE, 30 * MINUTE), (9 * MINUTE, 9 * MINUTE)],
)
def test_an_offer_stands_for_half_of_the_time_that_is_left_within_bounds(before_start, stands):
    assert waiting.offer_ends_at(NOW, starts_at=NOW + before_start) == NOW + stands


@pytest.mark.parametrize(
    ("offered", "starts", "ends"),
    [
        ("2026-11-24T16:00", "2026-11-25T02:00", "2026-11-24T21:00"),
        ("2026-11-24T16:00", "2026-11-25T16:00", "2026-11-25T09:00"),
        ("2026-11-24T23:30", "2026-11-25T16:00", "2026-11-25T09:00"),
        ("2026-11-25T03:00", "2026-11-25T15:00", "2026-11-25T09:00"),
        ("2026-10-24T22:00", "2026-10-25T16:00", "2026-10-25T09:00"),  # the night that is an hour longer
        ("2026-11-24T20:45", "2026-11-24T22:00", "2026-11-24T22:00"),  # nobody can answer after the start
        ("2026-11-24T22:00", "2026-11-25T08:30", "2026-11-25T08:30"),
    ],
)
def test_no_offer_ends_at_night_unless_the_session_begins_then(offered, starts, ends):
    assert waiting.offer_ends_at(moment(offered), starts_at=moment(starts)) == moment(ends)


def test_from_the_start_on_nothing_is_reserved_offered_or_given_back(training):
    one, two, three = cards(3)
    take(one, two, three, session=training)
    assert refused(taking.reserve, three, training.pk, at=START) == "has_begun"
    assert refused(taking.give_back, one, training.pk, at=START) == "has_begun"
    listing.settle_due(at=START)
    assert states(training) == ["held", "held", "waiting"]
    assert mine(three, at=START) == [("Training", "too_full", 0)]
    assert mine(one, at=training.ends_at) == []  # what is over is shown to nobody


def test_an_offer_that_nobody_answered_before_the_start_ends_with_it(shop):
    training, (one, two) = limited(place=shop, capacity=1), cards(2)
    take(one, two, session=training)
    taking.give_back(one, training.pk, at=START - MINUTE)
    assert (states(training), reading.edition(at=START)) == (["offered"], None)
    assert listing.settle_due(at=START) == 1
    assert states(training) == ["lapsed"]
    assert reading.edition(at=START) is not None
    assert listing.settle_due(at=START) == 0


@pytest.mark.parametrize(
    "change", [partial(publishing.cancel, reason="Ziek"), partial(publishing.move, starts_at=START + WEEK)]
)
def test_an_offer_that_can_lapse_no_more_keeps_no_answer_from_being_kept(shop, change):
    training, (one, two) = limited(place=shop, capacity=1), cards(2)
    take(one, two, session=training)
    taking.give_back(one, training.pk, at=NOW)
    change(training, at=NOW)
    edition, free = reading.edition(at=NOW), left(training)
    assert edition is not None
    assert (reading.edition(at=NOW + 30 * DAY), left(training, at=NOW + 30 * DAY)) == (edition, free)


# ---------------------------------------------------------------- why not


def test_a_pass_that_opens_nothing_has_no_place(training):
    one, two, three = cards(3)
    take(one, two, three, session=training)
    passes.revoke(holder(one), at=NOW)
    assert states(training) == ["held", "offered"]
    assert refused(taking.reserve, one, training.pk, at=NOW) == "pass_revoked"
    assert refused(taking.reserve, "PASS999999999999", training.pk, at=NOW) == "pass_unknown"
    _row, short = factories.issued_pass(number=9, valid_until="2026-11-24")
    assert refused(taking.reserve, short, training.pk, at=NOW) == "pass_expired"
    assert refused(taking.accept, short, training.pk, at=NOW + DAY) == "pass_expired"


def test_what_nobody_can_reserve_says_why(shop, training, card):
    free, off = limited(place=shop, title="Free", capacity=None), limited(place=shop, title="Off", cancelled_at=NOW)
    far = limited(place=shop, title="Far", starts_at=START + 5 * WEEK)
    said = {one.activity.title: refused(taking.reserve, card, one.pk, at=NOW) for one in (free, off, far)}
    assert said == {"Free": "no_places", "Off": "session_cancelled", "Far": "too_far_ahead"}
    publishing.archive(training.activity, at=NOW)
    assert refused(taking.reserve, card, training.pk, at=NOW) == "session_unknown"
    assert not Place.objects.exists()
    assert not Week.objects.exists()


def test_one_pass_takes_no_more_than_five_places_in_a_week(shop, card):
    sessions = [limited(place=shop, title=f"Number {number}") for number in range(6)]
    said = [refused(taking.reserve, card, one.pk, at=NOW) for one in sessions]
    assert said == [""] * taking.MOST_PER_WEEK + ["too_many_places"]
    next_week = limited(place=shop, title="Next week", starts_at=START + WEEK)
    assert take(card, session=next_week) == ["held"]
    taking.give_back(card, sessions[0].pk, at=NOW)
    assert take(card, session=sessions[5]) == ["held"]


# ---------------------------------------------------------------- the programme changes


def test_a_cancelled_session_says_so_and_its_places_stand_again_when_it_is_restored(training):
    one, two, three = cards(3)
    take(one, two, three, session=training)
    publishing.cancel(training, reason="Ziek", at=NOW)
    assert mine(one) == [("Training", "cancelled", 0)]
    assert refused(taking.accept, one, training.pk, at=NOW) == "session_cancelled"
    publishing.restore(training, at=NOW + HOUR)
    assert mine(one) == [("Training", "held", 0)]


def test_within_its_week_a_session_takes_its_places_along_and_to_another_week_it_does_not(training):
    one, two = cards(2)
    take(one, session=training)
    publishing.move(training, starts_at=START + DAY, at=NOW)
    assert (mine(one), left(training)) == ([("Training", "held", 0)], 1)
    publishing.move(training, starts_at=START + WEEK, at=NOW)
    assert (mine(one), left(training)) == ([("Training", "moved", 0)], 2)
    # Under another name, which nothing ties to the one before.
    assert take(one, two, session=training) == ["held", "held"]
    week, later = Place.objects.order_by("number").values_list("week", "holder")[:2]
    assert (later[0] - week[0], bytes(week[1]) == bytes(later[1])) == (WEEK, False)
    closing.close_week(week[0], at=NOW)
    assert states(training) == ["held", "held"]


def test_what_a_series_takes_away_is_cancelled_where_somebody_has_a_place(shop, card):
    club = factories.activity(place=shop, title="Club", capacity=5)
    coming = club.sessions.filter(starts_at__gt=NOW).in_order()[0]
    take(card, session=coming)
    assert refused(publishing.delete, club, at=NOW) == "has_attendance"
    publishing.archive(club, at=NOW)
    assert mine(card) == [("Club", "cancelled", 0)]
    assert club.sessions.filter(starts_at__gt=NOW).count() == 1


def test_more_places_are_offered_from_when_there_were_more_and_fewer_take_none_away(training):
    tokens = cards(5)
    take(*tokens, session=training)
    publishing.change(training.activity, {"capacity": 3}, at=NOW + HOUR)
    listing.settle_due(at=NOW + 3 * HOUR)
    assert states(training) == ["held", "held", "offered", "waiting", "waiting"]
    changed_at = Activity.objects.get(pk=training.activity_id).updated_at
    assert Place.objects.get(state="offered").offer_ends_at == waiting.offer_ends_at(changed_at, starts_at=START)
    publishing.change(training.activity, {"capacity": 1}, at=NOW + 4 * HOUR)
    listing.settle_due(at=NOW + 4 * HOUR)
    assert (states(training)[:3], left(training)) == (["held", "held", "offered"], 0)
    taking.give_back(tokens[0], training.pk, at=NOW + 5 * HOUR)
    assert states(training) == ["held", "offered", "waiting", "waiting"]


# ---------------------------------------------------------------- classes


def test_a_class_takes_seats_of_the_same_capacity_and_never_waits(shop):
    session = limited(place=shop, title="Game", capacity=10)
    school = factories.organisation(slug="school", kind="primary_school")
    teacher = factories.publisher(of=school)
    one, two = cards(2)
    take(one, session=session)
    assert refused(classes.reserve, session.pk, school, 10, by=teacher, at=NOW) == "not_enough_places"
    classes.reserve(session.pk, school, 9, by=teacher, at=NOW)
    assert take(two, session=session) == ["waiting"]
    assert refused(classes.reserve, session.pk, school, 10, by=teacher, at=NOW) == "not_enough_places"
    classes.reserve(session.pk, school, 8, by=teacher, at=NOW)
    assert sorted(states(session)) == ["held", "held 8", "offered"]
    classes.reserve(session.pk, school, 0, by=teacher, at=NOW)
    assert (states(session), left(session)) == (["held", "offered"], 8)


def test_a_school_reserves_for_itself_and_who_keeps_the_door_for_every_school(shop, training):
    school, other = factories.organisation(slug="school"), factories.organisation(slug="other")
    teacher, worker = factories.publisher(of=school), factories.youth_worker(at=shop)
    assert refused(classes.reserve, training.pk, other, 1, by=teacher, at=NOW) == "not_your_school"
    classes.reserve(training.pk, other, 1, by=worker, at=NOW)
    classes.reserve(training.pk, school, 1, by=teacher, at=NOW)
    assert [place.organisation for place in Place.objects.for_user(teacher)] == [school]
    assert Place.objects.for_user(worker).count() == 2


# ---------------------------------------------------------------- at the door


def test_at_the_door_everybody_counts_and_a_place_that_nobody_came_in_with_is_free_after_ten_minutes(shop, phone):
    session = limited(place=shop, capacity=10, starts_at=NOW + HOUR)
    tokens = cards(5)
    take(*tokens[:4], session=session)
    classes.reserve(session.pk, factories.organisation(slug="school"), 3, by=factories.youth_worker(at=shop), at=NOW)
    start = session.starts_at

    def door(at):
        rows = CheckIn.objects.filter(session=session)
        visits, grouped = (sum(one.visits for one in rows.filter(**of)) for of in ({}, {"kind": "group"}))
        numbers = reading.at_door([(session, visits, grouped)], at=at)[session.pk]
        return numbers.awaited, numbers.free

    assert door(start - MINUTE) == (7, 3)
    outcomes = deliver(
        scan(id=1, token=tokens[0], session=session, at=start),
        scan(id=2, token=tokens[4], session=session, at=start),  # without a place
        group(id=3, count=4, session=session, at=start),  # one more than was said
        *(tally(id=number, session=session, at=start) for number in range(4, 9)),
        who=phone,
        at=start,
    )
    assert {one.outcome for one in outcomes} == {"counted"}
    assert sum(one.visits for one in outcomes) == 11
    assert door(start) == (3, 0)
    deliver(*(void(id=number + 20, of=number, at=start) for number in range(4, 9)), who=phone, at=start)
    assert door(start + taking.NO_SHOW_AFTER - MINUTE) == (3, 1)
    assert door(start + taking.NO_SHOW_AFTER) == (3, 4)


# ---------------------------------------------------------------- what is kept


def test_a_place_is_named_as_a_visit_is_and_says_neither_who_nor_when(training, card):
    take(card, session=training)
    place, key = Place.objects.get(), WeekKey.objects.get(week=training.week)
    assert bytes(place.holder) == pseudonym(bytes(key.key), digest(card))
    assert [field.name for field in Place._meta.concrete_fields if "at" in field.name.split("_")] == ["offer_ends_at"]
    assert [field.related_model for field in Place._meta.fields if field.is_relation] == [
        Session,
        classes.Organisation,
    ]


def test_places_are_destroyed_with_the_key_of_their_week_also_where_no_session_is_left_in_it(training, card):
    take(card, session=training)
    publishing.move(training, starts_at=START + WEEK, at=NOW)
    later = factories.moment("2026-12-14T00:00")
    found = kept(at=NOW)
    assert (found.places, found.week_keys, found.broken) == (1, 1, [])
    assert kept(at=later).broken == ["weeks_open_too_long"]
    closing.close_due(at=later)
    assert (Place.objects.count(), WeekKey.objects.count(), kept(at=later).broken) == (0, 0, [])
    assert refused(taking.accept, card, training.pk, at=later) == "no_place"


def test_a_place_that_outlives_its_week_does_not_stay_hidden(training, card):
    take(card, session=training)
    Week.objects.update(closed_at=NOW)
    assert "places_of_closed_weeks" in kept(at=NOW).broken


def test_five_hundred_sessions_cost_as_many_queries_as_one(shop):
    sessions = [limited(place=shop, title=f"Number {number}") for number in range(12)]
    tokens = cards(4)
    for number, session in enumerate(sessions[:5]):
        take(*tokens[: number % 4 + 1], session=session)
    taking.give_back(tokens[0], sessions[3].pk, at=NOW)  # an offer that will lapse

    def cost(rows):
        with CaptureQueriesContext(connection) as queries:
            numbers = [one.places_left for one in with_places_taken(rows, at=NOW + 21 * HOUR)]
        return len(queries), numbers

    rows = list(Session.objects.select_related("activity").order_by("activity__pk"))
    assert [cost(rows[3:4])[0], cost(rows)[0]] == [2, 2]
    assert cost(rows)[1] == [1, 0, 0, 1, 1] + [2] * 7
