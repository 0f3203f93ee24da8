"""Which sessions count for a grant: every demand at its edge, and the same before and after a week is closed."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.models import Activity, Booking, Session
from attendance.grants import grants, sessions_for
from attendance.models import CheckIn, GrantRule
from tests import bookable, factories
from tests.factories import DAY, HOUR, MINUTE, NOW, WEEK, day, deliver, group, moment, scan, tally, void

pytestmark = pytest.mark.django_db

# When the sessions of NOW are over, and its week may have been closed.
LATER = NOW + 3 * DAY


def rule(**asked):
    """One hour, three visits, one leader, in the school year of NOW; or what is said instead."""
    values = {"name": "Grant", "starts_on": day("2026-09-01"), "ends_on": day("2027-08-31"), **asked}
    made = GrantRule(**values)
    made.full_clean()
    made.save()
    return made


def lenient(**asked):
    """Asks only that somebody comes."""
    return rule(**{"min_minutes": 0, "min_visits": 1, "min_leaders": 0, **asked})


def misses(of, **asked):
    """By the day of each session, which demands it misses."""
    return {
        judged.session.local_date.isoformat(): [miss.demand for miss in judged.misses]
        for judged in sessions_for(of, **{"at": LATER, **asked})
    }


def judged(of, **asked):
    [found] = sessions_for(of, **{"at": LATER, **asked})
    return found


def put_on_duty(session, *, people):
    for number in range(people):
        worker = factories.make_user(email=f"worker-{number}@inloop.example")
        Booking.objects.create(session=session, staff=worker)


@pytest.fixture
def running(drop_in):
    """Two hours, five visits of which three are known to be 10 to 15, and two people on duty."""
    token = factories.issued_pass(number=1, age_band="13-15")[1]
    bands = {"ageBand": {"10-12": 2}}
    deliver(
        scan(id=1, token=token, session=drop_in),
        tally(id=2, count=3, session=drop_in, bands=bands),
        tally(id=3, session=drop_in),
        tally(id=4, count=7, session=drop_in),
        void(id=5, of=4),
        who=factories.coordinator(),
    )
    put_on_duty(drop_in, people=2)
    return drop_in


@pytest.fixture(params=["open", "closed"])
def week(request):
    """Closes the week of NOW, or leaves it open: the answers are the same."""

    def finish():
        if request.param == "closed":
            factories.closed_week(monday="2026-11-23", at=LATER)
            # As it is some weeks later: only the totals are left.
            CheckIn.objects.all().delete()

    return finish


# ---------------------------------------------------------------- each demand


EDGES = [
    ({"min_minutes": 120}, []),
    ({"min_minutes": 121}, ["minutes"]),
    ({"min_visits": 5}, []),
    ({"min_visits": 6}, ["visitors"]),
    ({"min_visits": 3, "bands": ["10-12", "13-15"]}, []),
    ({"min_visits": 4, "bands": ["10-12", "13-15"]}, ["visitors"]),
    ({"min_visits": 2, "bands": ["10-12"]}, []),
    ({"min_visits": 3, "bands": ["10-12", "16-18"]}, ["visitors"]),
    ({"min_leaders": 2}, []),
    ({"min_leaders": 3}, ["leaders"]),
    ({"min_weeks": 1}, []),
    ({"min_weeks": 2}, ["weeks"]),
    ({"min_minutes": 121, "min_visits": 6, "min_leaders": 3}, ["minutes", "visitors", "leaders"]),
    ({"min_minutes": 121, "min_weeks": 1}, ["minutes", "weeks"]),
]


@pytest.mark.parametrize(("asked", "missed"), EDGES)
def test_each_demand_is_met_exactly_at_its_edge(running, week, asked, missed):
    week()
    assert misses(lenient(**asked)) == {"2026-11-24": missed}


def test_what_is_missed_is_told_with_how_much_there_is(running, week):
    week()
    found = judged(rule(min_minutes=150, min_visits=10, bands=["10-12"], min_leaders=4, min_weeks=3))
    assert [(miss.demand, miss.found, miss.wanted) for miss in found.misses] == [
        ("minutes", 120, 150),
        ("visitors", 2, 10),
        ("leaders", 2, 4),
        ("weeks", 0, 3),
    ]
    assert (found.visits, found.came, found.minutes, found.leaders, found.counts) == (2, 5, 120, 2, False)


def test_a_minute_that_is_not_whole_is_no_minute(running):
    Session.objects.update(ends_at=running.starts_at + HOUR - dt.timedelta(seconds=1))
    assert misses(lenient(min_minutes=60)) == {"2026-11-24": ["minutes"]}
    Session.objects.update(ends_at=running.starts_at + HOUR)
    assert misses(lenient(min_minutes=60)) == {"2026-11-24": []}


CLOCK_CHANGES = [("2026-10-25T01:30", "2026-10-25T03:30", 180), ("2027-03-28T01:30", "2027-03-28T03:30", 60)]


@pytest.mark.parametrize(("start", "end", "minutes"), CLOCK_CHANGES)
def test_a_night_of_the_clock_change_lasts_as_long_as_it_takes(shop, start, end, minutes):
    factories.session(place=shop, starts_at=moment(start), ends_at=moment(end))
    at = moment("2027-04-01T12:00")
    assert judged(lenient(min_minutes=minutes), at=at).minutes == minutes
    assert [miss.demand for miss in judged(lenient(min_minutes=minutes), at=at).misses] == ["visitors"]
    assert judged(lenient(min_minutes=minutes + 1), at=at).misses[0].demand == "minutes"


def test_a_room_that_is_booked_is_no_leader(running):
    Booking.objects.create(session=running, resource=bookable.room(place=running.location))
    Booking.objects.create(session=running, resource=bookable.equipment())
    assert judged(lenient(min_leaders=3)).leaders == 2


def test_a_group_of_unknown_age_counts_only_where_everybody_does(drop_in, week):
    deliver(group(id=1, count=24, session=drop_in), who=factories.coordinator())
    week()
    assert misses(lenient(min_visits=24)) == {"2026-11-24": []}
    assert misses(lenient(bands=["10-12"])) == {"2026-11-24": ["visitors"]}


# ---------------------------------------------------------------- weeks


@pytest.fixture
def club(shop):
    """Six Tuesdays from 3 November. Somebody came on those of week 45 and 47, and twice in week 48."""
    club = factories.activity(place=shop, title="Club", at=moment("2026-11-01T12:00"))
    come_to(club, "2026-11-03", "2026-11-17", "2026-11-24")
    extra = club.sessions.get(local_date=day("2026-11-10"))
    extra.set_times(moment("2026-11-25T15:30"), moment("2026-11-25T17:00"))
    extra.save()
    come_to(club, "2026-11-25")
    return club


def come_to(activity, *days):
    for number, date in enumerate(days):
        session = activity.sessions.get(local_date=day(date))
        id_ = session.local_date.toordinal() * 10 + number
        deliver(tally(id=id_, session=session, at=session.starts_at), who=factories.coordinator(), at=session.ends_at)


def test_an_activity_counts_once_it_ran_in_enough_different_weeks(club):
    days = ["2026-11-03", "2026-11-17", "2026-11-24", "2026-11-25"]
    assert misses(lenient(min_weeks=3)) == {date: [] for date in days}
    assert misses(lenient(min_weeks=4)) == {date: ["weeks"] for date in days}


def test_a_week_counts_only_with_a_session_that_meets_the_other_demands(club):
    put_on_duty(club.sessions.get(local_date=day("2026-11-03")), people=1)
    put_on_duty(club.sessions.get(local_date=day("2026-11-25")), people=1)
    found = misses(lenient(min_leaders=1, min_weeks=2))
    assert [date for date, missed in found.items() if not missed] == ["2026-11-03", "2026-11-25"]
    found = misses(lenient(min_leaders=1, min_weeks=3))
    assert found["2026-11-03"] == ["weeks"]
    assert found["2026-11-17"] == ["leaders", "weeks"]


def test_weeks_are_of_one_activity_and_within_the_dates(club, shop):
    other = factories.activity(place=shop, title="Other", at=moment("2026-11-01T12:00"))
    come_to(other, "2026-11-10")

    def weeks(**asked):
        [grant] = grants([lenient(**asked)], at=LATER)
        return {one.activity.title: one.too_few_weeks and one.too_few_weeks.found for one in grant.activities}

    # Together they ran in four weeks.
    assert weeks(min_weeks=4) == {"Club": 3, "Other": 1}
    assert weeks(min_weeks=3) == {"Club": None, "Other": 1}
    assert weeks(min_weeks=3, starts_on=day("2026-11-04")) == {"Club": 2, "Other": 1}


# ---------------------------------------------------------------- which sessions are judged


def test_only_sessions_that_are_over_and_were_not_cancelled_are_there(shop, week):
    names = {
        "over": factories.session(place=shop, title="Over", starts_at=NOW - 3 * HOUR),
        "off": factories.session(place=shop, title="Off", starts_at=NOW - 3 * HOUR, cancelled_at=NOW),
        "on": factories.session(place=shop, title="On", starts_at=NOW - HOUR, ends_at=NOW + MINUTE),
        "coming": factories.session(place=shop, title="Coming", starts_at=NOW + DAY),
    }
    just_over = factories.session(place=shop, title="Just over", starts_at=NOW - HOUR, ends_at=NOW)
    week()
    found = [judged.session for judged in sessions_for(lenient(), at=NOW)]
    assert found == [names["over"], just_over]


def test_a_session_nobody_came_to_misses_visitors(drop_in, week):
    week()
    assert misses(lenient()) == {"2026-11-24": ["visitors"]}


def test_the_first_and_the_last_day_belong_to_the_rule(shop):
    for number in range(4):
        factories.session(place=shop, title=f"Day {number}", starts_at=NOW - number * DAY)
    found = misses(lenient(starts_on=day("2026-11-22"), ends_on=day("2026-11-23")))
    assert list(found) == ["2026-11-22", "2026-11-23"]


def test_a_rule_can_be_for_one_programme_or_one_organisation(shop, week):
    hub, heroes = factories.location(slug="hub"), factories.programme(slug="heroes")
    factories.session(place=shop, title="Shop")
    away = factories.session(place=hub, of=shop.organisation, title="Away", line=heroes)
    home = factories.session(place=hub, title="Home", line=heroes)
    week()

    def titles(**asked):
        return {judged.session.activity.title for judged in sessions_for(lenient(**asked), at=LATER)}

    assert titles() == {"Shop", "Away", "Home"}
    assert titles(programme=heroes) == {"Away", "Home"}
    assert titles(organisation=shop.organisation) == {"Shop", "Away"}
    assert titles(organisation=shop.organisation, programme=heroes) == {away.activity.title}
    assert titles(organisation=hub.organisation) == {home.activity.title}


def test_a_closed_week_keeps_what_a_session_was_counted_under(running):
    hub, heroes = factories.location(slug="hub"), factories.programme(slug="heroes")
    old, new = lenient(organisation=running.activity.organisation), lenient(organisation=hub.organisation)
    was, became = lenient(programme=running.activity.programme), lenient(programme=heroes)
    factories.closed_week(monday="2026-11-23", at=LATER)
    Activity.objects.update(organisation=hub.organisation, programme=heroes)
    Session.objects.update(cancelled_at=LATER)
    assert [bool(misses(one)) for one in (old, new, was, became)] == [True, False, True, False]


def test_what_nobody_came_to_is_counted_anew_in_the_week_it_was_moved_to(drop_in):
    factories.closed_week(monday="2026-11-23", at=LATER)
    drop_in.set_times(NOW + WEEK, NOW + WEEK + HOUR)
    drop_in.save()
    deliver(tally(id=1, session=drop_in, at=NOW + WEEK), who=factories.coordinator(), at=NOW + WEEK)
    assert misses(lenient(), at=NOW + 2 * WEEK) == {"2026-12-01": []}
    factories.closed_week(monday="2026-11-30", at=NOW + 4 * WEEK)
    assert misses(lenient(), at=NOW + 4 * WEEK) == {"2026-12-01": []}


def test_what_came_after_the_week_was_closed_does_not_count(running):
    factories.closed_week(monday="2026-11-23", at=LATER)
    deliver(tally(id=9, count=20, session=running), who=factories.coordinator(), at=LATER)
    assert judged(lenient()).came == 5


# ---------------------------------------------------------------- narrowed to one's own


def test_only_of_leaves_out_what_others_offered(shop, week):
    hub = factories.location(slug="hub")
    factories.session(place=shop, title="Shop")
    factories.session(place=hub, of=shop.organisation, title="Away")
    factories.session(place=shop, of=hub.organisation, title="Visiting")
    week()

    def titles(only_of):
        return {judged.session.activity.title for judged in sessions_for(lenient(), only_of=only_of, at=LATER)}

    assert titles(frozenset({shop.organisation_id})) == {"Shop", "Away"}
    assert titles(frozenset({hub.organisation_id})) == {"Visiting"}
    assert titles(frozenset({shop.organisation_id, hub.organisation_id})) == {"Shop", "Away", "Visiting"}
    assert titles(frozenset()) == set()


def test_only_of_changes_no_verdict(club):
    """The weeks before an activity went to another organisation still count for it."""
    hub = factories.location(slug="hub")
    factories.closed_week(monday="2026-11-02", at=LATER)
    Activity.objects.update(organisation=hub.organisation)
    own = misses(lenient(min_weeks=3), only_of=frozenset({hub.organisation_id}))
    assert own == {date: [] for date in ("2026-11-17", "2026-11-24", "2026-11-25")}


# ---------------------------------------------------------------- per activity


def test_an_activity_comes_to_sessions_visits_hours_and_weeks(club, running, week):
    week()
    asked = lenient(min_visits=2)
    [grant] = grants([asked], at=LATER)
    figures = {
        one.activity.title: (len(one.sessions), len(one.counting), one.visits, one.participant_hours, one.weeks)
        for one in grant.activities
    }
    assert list(figures) == ["Club", "Drop-in hours"]
    assert figures == {"Club": (4, 0, 0, 0, 0), "Drop-in hours": (1, 1, 5, 10, 1)}
    assert (grant.rule, grant.held, grant.counting, grant.visits, grant.participant_hours) == (asked, 5, 1, 5, 10)


def test_hours_are_of_the_visits_that_count_and_half_ones_too(club, running):
    [of_all, of_some] = grants([lenient(), lenient(bands=["10-12"])], at=LATER)
    [played, dropped_in] = of_all.activities
    assert (played.participant_hours, played.weeks, dropped_in.participant_hours) == (6, 3, 10)
    assert [one.participant_hours for one in of_some.activities] == [0, 4]
    Session.objects.filter(pk=running.pk).update(ends_at=running.starts_at + 90 * MINUTE)
    assert grants([lenient()], at=LATER)[0].activities[1].participant_hours == 7.5


def test_too_few_weeks_is_said_of_the_activity_and_leaves_the_weeks_it_ran(club):
    [grant] = grants([lenient(min_weeks=4)], at=LATER)
    [one] = grant.activities
    assert (one.weeks, one.visits, one.counting, one.missing) == (3, 0, [], [])
    assert (one.too_few_weeks.found, one.too_few_weeks.wanted) == (3, 4)


def test_what_misses_something_comes_with_the_last_one_first(shop):
    offered = factories.activity(place=shop, at=moment("2026-11-01T12:00"))
    come_to(offered, "2026-11-17")
    [grant] = grants([lenient()], at=LATER)
    assert [one.session.local_date.day for one in grant.activities[0].missing] == [24, 10, 3]


def test_no_rule_asks_the_database_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert grants([]) == []


def test_a_year_of_everything_costs_as_many_queries_as_one_session(running, django_assert_num_queries):
    asked = rule(bands=["10-12"], min_weeks=1)
    own = frozenset({running.activity.organisation_id})

    def queries(ask):
        with CaptureQueriesContext(connection) as found:
            ask()
        return len(found)

    def look():
        for grant in grants(list(GrantRule.objects.all()), at=LATER):
            assert [one.activity.title for one in grant.activities]
            assert [judged.session.location.name for one in grant.activities for judged in one.sessions]

    assert queries(look) == 5  # with the rules themselves
    for number in range(3):
        place = factories.location(slug=f"place-{number}")
        factories.session(place=place, line=factories.programme(slug=f"line-{number}"), title=f"Title {number}")
        factories.session(place=place, title=f"Last week {number}", starts_at=NOW - WEEK)
        rule(name=f"Grant {number}", organisation=None)
    factories.closed_week(monday="2026-11-16", at=LATER)
    assert queries(look) == 5
    with django_assert_num_queries(4):
        assert len(sessions_for(asked, at=LATER)) == 7
    with django_assert_num_queries(4):
        assert len(sessions_for(asked, only_of=own, at=LATER)) == 1
