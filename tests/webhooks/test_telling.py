"""What subscribers hear: one message for each thing that happened, in its own transaction, and nothing of anybody."""

import json

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from activities import closing_days, drafts, publishing
from activities.foreseeing import foresee
from activities.intake.apply import apply
from activities.intake.parting import stop
from activities.models import Activity, Delivery, Session, Subscription
from attendance import closing
from tests import factories
from tests.factories import DAY, HOUR, NOW, day, deliver, tally
from tests.intake import elsewhere
from tests.intake.elsewhere import calendar, once, weekly

pytestmark = pytest.mark.django_db
API = "http://testserver/api/v1"


@pytest.fixture
def club(shop):
    return factories.activity(place=shop, title="Club")


@pytest.fixture
def hub(db):
    return factories.location(slug="hub")


@pytest.fixture
def subscribed(shop, club):
    return factories.subscription(of=shop.organisation)


def heard(subscription=None):
    """The kinds and the addresses of all that was told, in order."""
    rows = Delivery.objects.order_by("pk")
    bodies = [json.loads(one.body) for one in (rows.filter(subscription=subscription) if subscription else rows)]
    return [(one["type"], one["resource"].removeprefix(API)) for one in bodies]


def coming(activity):
    return activity.sessions.filter(starts_at__gt=NOW).in_order()[0]


# ---------------------------------------------------------------- one thing at a time


def test_a_message_says_what_changed_and_where_it_is_told_and_nothing_else(shop, subscribed):
    session = coming(Activity.objects.get())
    publishing.cancel(session, reason="Sam is ziek", at=NOW + HOUR)
    [message] = Delivery.objects.all()
    assert json.loads(message.body) == {
        "type": "session.cancelled",
        "id": str(message.key),
        "time": "2026-11-24T16:00:00.000Z",
        "organisation": "shop",
        "resource": f"{API}/sessions/{session.pk}",
    }
    assert (message.happened_at, message.due_at) == (NOW + HOUR, NOW + HOUR)


def test_each_verb_about_an_activity_tells_its_own(shop, hub, subscribed):
    made = factories.activity(place=shop, title="Chess")
    publishing.change(made, {"title": "Chess club"}, at=NOW)
    publishing.change(made, {"title": "Chess club"}, at=NOW)  # which is nothing new
    publishing.end(made, last_on=day("2026-12-01"), at=NOW)
    publishing.archive(made, at=NOW)
    publishing.archive(made, at=NOW)
    publishing.delete(made, at=NOW)
    kinds = ["activity.published", "activity.changed", "activity.changed", "activity.removed"]
    assert heard() == [(kind, "/activities/chess") for kind in kinds]


def test_each_verb_about_a_date_tells_its_own(subscribed, club):
    session, start = coming(club), NOW + 9 * DAY
    publishing.move(session, starts_at=session.starts_at + HOUR, at=NOW)
    publishing.cancel(session, reason="Ziek", at=NOW)
    publishing.restore(session, at=NOW)
    extra = publishing.add(club, starts_at=start, ends_at=start + HOUR, at=NOW)
    publishing.take_back(extra, at=NOW)
    names = ["moved", "cancelled", "restored", "added", "removed"]
    keys = [session.pk] * 3 + [extra.pk] * 2
    assert heard() == [(f"session.{name}", f"/sessions/{key}") for name, key in zip(names, keys, strict=True)]


def test_a_draft_is_nobody_s_news_until_it_is_online(shop, subscribed):
    draft = drafts.keep(factories.unpublished_activity(place=shop, title="Later"), at=NOW)
    publishing.change(draft, {"title": "Even later"}, at=NOW)
    publishing.delete(drafts.copy(draft, at=NOW), at=NOW)
    assert heard() == []
    drafts.put_online(draft, at=NOW)
    assert heard() == [("activity.published", f"/activities/{draft.slug}")]


def test_an_activity_that_goes_to_another_organisation_is_gone_here_and_new_there(shop, hub, subscribed, club):
    other = factories.subscription(of=hub.organisation)
    publishing.change(club, {"organisation": hub.organisation}, at=NOW)
    assert heard(subscribed) == [("activity.removed", "/activities/club")]
    assert heard(other) == [("activity.published", "/activities/club")]


def test_a_calendar_that_is_taken_in_tells_once_of_each_activity(shop, subscribed):
    source = elsewhere.source(place=shop)
    apply(source, calendar(*weekly(times=4)), at=NOW)
    apply(source, calendar(*weekly(times=4)), at=NOW)  # which is nothing new
    apply(source, calendar(*weekly(times=3), once(uid="art")), at=NOW)
    stop(source, keep=False, at=NOW)
    series, art = Activity.objects.exclude(title="Club").order_by("pk").values_list("slug", flat=True)
    told = [("published", series), ("changed", series), ("published", art), ("removed", series), ("removed", art)]
    assert heard() == [(f"activity.{kind}", f"/activities/{slug}") for kind, slug in told]


def test_the_administrator_s_changes_of_places_are_told(shop, hub, subscribed, club):
    for row in (shop.organisation, shop, hub, club.programme, shop.neighbourhood):
        row.save()
    gone = factories.location(slug="annex", owner=shop.organisation)
    gone.delete()
    assert heard() == [
        ("organisation.changed", "/organisations/shop"),
        ("location.changed", "/locations/shop"),
        ("programme.changed", "/programmes/drop-in"),
        ("location.changed", "/locations/shop"),
        ("location.added", "/locations/annex"),
        ("location.removed", "/locations/annex"),
    ]


def test_everybody_hears_of_the_own_organisation_what_was_asked_for(shop, hub, subscribed):
    figures = factories.subscription(of=shop.organisation, wants_programme=False, wants_places=False)
    other, off = factories.subscription(of=hub.organisation), factories.subscription(of=shop.organisation, off_at=NOW)
    factories.activity(place=shop, title="Chess")
    assert [len(heard(one)) for one in (subscribed, figures, other, off)] == [1, 0, 0, 0]


# ---------------------------------------------------------------- closed weeks


def test_a_closed_week_is_told_to_who_published_and_to_whose_place_it_was_without_a_figure(shop, hub):
    guest = factories.session(place=hub, of=shop.organisation)
    deliver(tally(id=1, count=7, session=guest), who=factories.youth_worker(at=hub))
    here, there = factories.subscription(of=shop.organisation), factories.subscription(of=hub.organisation)
    idle = factories.subscription(of=factories.organisation(slug="idle"))
    closing.close_week(day("2026-11-23"), at=NOW + 30 * DAY)
    for subscription, slug in ((here, "shop"), (there, "hub")):
        [message] = subscription.deliveries.all()
        told = json.loads(message.body)
        assert (told["type"], told["week"], told["organisation"]) == ("week.closed", "2026-W48", slug)
        address = f"{API}/weekly-totals?weekFrom=2026-W48&weekTo=2026-W48&organisation={slug}"
        assert told["resource"] == address
        assert told.keys() == {"type", "id", "time", "organisation", "resource", "week"}
    assert not idle.deliveries.exists()


def test_the_address_of_a_closed_week_is_one_that_the_api_answers(api, shop):
    factories.session(place=shop)
    subscribed = factories.subscription(of=shop.organisation)
    closing.close_week(day("2026-11-23"), at=NOW + 30 * DAY)
    address = json.loads(subscribed.deliveries.get().body)["resource"]
    token = factories.access_token(user=factories.publisher(of=shop.organisation))
    answer = api.get(address.removeprefix(API), token=token)
    assert [(row["week"], row["final"]) for row in answer.json()["results"]] == [("2026-W48", True)]


# ---------------------------------------------------------------- with the change, and only with it


def test_what_was_undone_was_never_told(shop, subscribed, club):
    tasks = DBTaskResult.objects.count()
    closure = factories.closure(of=shop.organisation, starts_on="2026-12-01", ends_on="2026-12-01")
    foresee(lambda: closing_days.close(closure, at=NOW), among=Session.objects.all(), at=NOW)
    closing.close_week(day("2026-11-23"), at=NOW + 30 * DAY, is_trial=True)
    with transaction.atomic():
        publishing.archive(club, at=NOW)
        assert len(heard()) == 1
        transaction.set_rollback(True)
    assert heard() == []
    assert DBTaskResult.objects.count() == tasks


# ---------------------------------------------------------------- many at once


def test_a_term_of_500_sessions_is_one_message_and_two_queries_more(shop):
    counts = []
    factories.programme()
    for title in ("Untold", "Told"):
        series = {"place": shop, "title": title, "starts_on": "2026-01-01", "rrule": "FREQ=DAILY;COUNT=500"}
        with CaptureQueriesContext(connection) as queries:
            factories.activity(**series, skip_holidays=False)
        counts.append(len(queries))
        factories.subscription(of=shop.organisation)
    assert heard() == [("activity.published", "/activities/told")]
    assert Session.objects.count() == 1000
    assert counts[1] == counts[0] + 2


def test_closing_a_town_tells_once_of_each_activity_and_asks_no_more_for_many(shop, django_assert_max_num_queries):
    """As many queries as for 20,000 dates, of which it was tried once."""
    for number in range(12):
        factories.activity(
            place=shop, title=f"Daily {number}", rrule="FREQ=DAILY;COUNT=120", skip_holidays=False,
            starts_on="2026-12-01",
        )  # fmt: skip
    for number in range(3):
        factories.subscription(of=shop.organisation, address=f"https://{number}.example/")
    closure = factories.closure(of=shop.organisation, starts_on="2026-11-25", ends_on="2027-11-25")
    with django_assert_max_num_queries(30):
        assert closing_days.close(closure, at=NOW) == 12 * 120
    assert sorted(heard(Subscription.objects.first())) == sorted(
        ("activity.changed", f"/activities/daily-{number}") for number in range(12)
    )
    # One task for each subscriber, however many messages.
    assert Delivery.objects.count() == 36
    with django_assert_max_num_queries(21):
        closing_days.reopen(closure, at=NOW)
    assert Delivery.objects.count() == 72
    assert DBTaskResult.objects.count() == 6


def test_sessions_that_come_within_the_horizon_are_a_change_of_their_activity(shop):
    factories.activity(place=shop, title="Weekly", rrule="FREQ=WEEKLY;BYDAY=TU", until="2030-01-01")
    factories.subscription(of=shop.organisation)
    publishing.extend_all(at=NOW)
    assert heard() == []
    publishing.extend_all(at=NOW + 15 * DAY)
    assert heard() == [("activity.changed", "/activities/weekly")]
