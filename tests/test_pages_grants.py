"""The desk's pages about grants: who reads which figures, and who changes what a grant asks."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.models import Session
from attendance.models import GrantRule
from tests import factories
from tests.factories import DAY, HOUR, NOW, WEEK, day, deliver, tally
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]

# Every page is read in English here: what it says in Dutch, the catalogue's own tests look after.
GRANTS = "/en/desk/grants"
NEW = f"{GRANTS}/rules/new"


def rule(**asked):
    values = {"name": "Grant 2026", "starts_on": day("2026-09-01"), "ends_on": day("2027-08-31"), "min_leaders": 0}
    return GrantRule.objects.create(**{**values, **asked})


def filled_in(**fields):
    return {
        "name": "Grant 2026",
        "starts_on": "2026-09-01",
        "ends_on": "2027-08-31",
        "min_minutes": "60",
        "min_visits": "3",
        "min_leaders": "1",
        "min_weeks": "0",
        **fields,
    }


@pytest.fixture
def hub(db):
    return factories.location(slug="hub")


@pytest.fixture
def held(shop, hub):
    """Two sessions of the shop, one of them too quiet, and one of the hub."""
    busy = factories.session(place=shop, title="Busy", starts_at=NOW - 3 * HOUR)
    quiet = factories.session(place=shop, title="Quiet", starts_at=NOW - 4 * HOUR)
    away = factories.session(place=hub, title="Away", starts_at=NOW - 5 * HOUR)
    deliver(
        tally(id=1, count=5, session=busy),
        tally(id=2, count=2, session=quiet),
        tally(id=3, count=40, session=away),
        who=factories.coordinator(),
    )
    return {"busy": busy, "quiet": quiet, "away": away}


@pytest.fixture
def coordinating(client):
    client.force_login(factories.coordinator())
    return client


# ---------------------------------------------------------------- who may come in


def test_a_stranger_is_sent_to_sign_in(client):
    made = rule()
    for path in (GRANTS, NEW, f"{GRANTS}/{made.pk}/busy", f"{GRANTS}/rules/{made.pk}/edit"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert "/desk/login" in answer["Location"]


def test_a_youth_worker_has_no_grants(client, shop, held):
    client.force_login(factories.youth_worker(at=shop))
    made = rule()
    assert client.get(GRANTS).status_code == 403
    assert client.get(f"{GRANTS}/{made.pk}/busy").status_code == 403
    assert "/grants" not in client.get("/en/desk").content.decode()


def test_a_publisher_reads_and_changes_nothing(at_desk):
    made = rule()
    paths = (NEW, f"{GRANTS}/rules/{made.pk}/edit", f"{GRANTS}/rules/{made.pk}/remove")
    assert [at_desk.get(path).status_code for path in paths] == [403] * 3
    assert [at_desk.post(path, filled_in(name="Mine")).status_code for path in paths] == [403] * 3
    assert [one.name for one in GrantRule.objects.all()] == ["Grant 2026"]
    page = at_desk.get(GRANTS).content.decode()
    assert "/rules/" not in page
    assert "/desk/grants" in at_desk.get("/en/desk").content.decode()


# ---------------------------------------------------------------- what is read


def test_a_coordinator_reads_every_activity_and_what_is_missed(coordinating, held):
    rule(min_minutes=60, min_visits=3)
    answer = coordinating.get(GRANTS)
    [grant] = answer.context["grants"]
    assert [(one.activity.title, len(one.counting), one.visits) for one in grant.activities] == [
        ("Away", 1, 40),
        ("Busy", 1, 5),
        ("Quiet", 0, 0),
    ]
    said = text(answer)
    assert "Quiet: 1 session misses something" in said
    assert "2 of 3 visits" in said
    assert "Busy: 1" not in said
    assert (grant.counting, grant.held, grant.participant_hours) == (2, 3, 90)


def test_a_publisher_reads_the_own_sessions_and_no_others(at_desk, held, hub):
    everybody_s = rule()
    theirs = rule(name="Their grant", organisation=hub.organisation)
    answer = at_desk.get(GRANTS)
    [grant] = answer.context["grants"]
    assert grant.rule == everybody_s
    assert [one.activity.title for one in grant.activities] == ["Busy", "Quiet"]
    assert (grant.counting, grant.visits) == (1, 5)
    assert "Away" not in text(answer)
    assert "Their grant" not in text(answer)
    assert at_desk.get(f"{GRANTS}/{everybody_s.pk}/busy").status_code == 200
    assert at_desk.get(f"{GRANTS}/{everybody_s.pk}/away").status_code == 404
    assert at_desk.get(f"{GRANTS}/{theirs.pk}/away").status_code == 404


def test_an_activity_s_page_says_of_each_session_whether_it_counts(coordinating, shop, held):
    made = rule(min_minutes=121, min_visits=6, min_leaders=1, min_weeks=2)
    answer = coordinating.get(f"{GRANTS}/{made.pk}/busy")
    said = text(answer)
    for miss in (
        "120 of 121 minutes",
        "5 of 6 visits",
        "0 of 1 leader",
        "So far 0 weeks count",
        "0 of 1 session counts",
    ):
        assert miss in said
    GrantRule.objects.update(min_minutes=0, min_visits=1, min_leaders=0, min_weeks=0)
    assert "1 of 1 session counts" in text(coordinating.get(f"{GRANTS}/{made.pk}/busy"))
    assert coordinating.get(f"{GRANTS}/{made.pk}/nothing").status_code == 404


def test_of_many_sessions_that_miss_something_the_last_ones_are_named(coordinating, shop):
    club = factories.activity(place=shop, title="Club", starts_on="2026-09-01", rrule="FREQ=WEEKLY", at=NOW - 20 * WEEK)
    made = rule()
    answer = coordinating.get(GRANTS)
    assert len(answer.context["grants"][0].activities[0].missing) > 5
    days = re.findall(r"Tuesday (\d+ \w+), ", text(answer))
    assert days == ["17 November", "10 November", "3 November", "27 October", "20 October"]
    address = f"{GRANTS}/{made.pk}/{club.slug}"
    assert answer.content.decode().count(f'href="{address}"') == 2
    page = coordinating.get(address).context["page"]
    assert page[0].session.local_date == day("2026-11-17")


def test_the_page_is_of_one_school_year(coordinating):
    for name, first, last in (
        ("Before", "2025-08-01", "2026-07-31"),
        ("Calendar 2026", "2026-01-01", "2026-12-31"),
        ("This year", "2026-08-01", "2027-07-31"),
        ("After", "2027-08-01", "2028-07-31"),
    ):
        rule(name=name, starts_on=day(first), ends_on=day(last))

    def names(query=""):
        return [grant.rule.name for grant in coordinating.get(GRANTS + query).context["grants"]]

    assert names() == names("?year=2026") == ["Calendar 2026", "This year"]
    assert names("?year=2025") == ["Before", "Calendar 2026"]
    assert names("?year=2027") == ["After"]
    assert names("?year=never") == names("?year=99999999999999999999") == names()


def test_without_a_grant_the_page_says_what_to_do(coordinating, at_desk):
    coordinator, publisher = factories.coordinator(), factories.publisher(of=factories.organisation())
    for who, sentence in ((coordinator, "Add the first one."), (publisher, "A coordinator adds them.")):
        coordinating.force_login(who)
        said = text(coordinating.get(GRANTS))
        assert "There is no grant in this school year" in said
        assert sentence in said


def test_many_grants_and_sessions_need_no_more_queries(coordinating, shop):
    rule()
    factories.session(place=shop, title="One", starts_at=NOW - DAY)

    def queries():
        with CaptureQueriesContext(connection) as found:
            coordinating.get(GRANTS)
        return len(found)

    queries()
    one = queries()
    for number in range(3):
        rule(name=f"Grant {number}", programme=factories.programme(slug=f"line-{number}"), organisation=None)
        rule(name=f"Own grant {number}", organisation=factories.organisation(slug=f"org-{number}"))
        factories.session(place=factories.location(slug=f"place-{number}"), title=f"{number}", starts_at=NOW - DAY)
    assert queries() == one


# ---------------------------------------------------------------- what is changed


def test_a_coordinator_adds_changes_and_removes_a_grant(coordinating, shop, held):
    asked = filled_in(organisation=shop.organisation_id, bands=["13-15", "10-12"])
    assert coordinating.post(NEW, asked)["Location"] == GRANTS
    made = GrantRule.objects.get()
    assert (made.name, made.organisation, made.programme) == ("Grant 2026", shop.organisation, None)
    assert (made.min_minutes, made.min_visits, made.min_leaders, made.min_weeks) == (60, 3, 1, 0)
    assert sorted(made.bands) == ["10-12", "13-15"]

    edit = f"{GRANTS}/rules/{made.pk}/edit"
    shown = coordinating.get(edit)
    assert shown.content.decode().count("checked") == 2
    assert 'value="2026-09-01"' in shown.content.decode()
    assert coordinating.post(edit, filled_in(name="Another", min_weeks="10"))["Location"] == GRANTS
    made.refresh_from_db()
    assert (made.name, made.organisation, made.bands, made.min_weeks) == ("Another", None, [], 10)

    remove = f"{GRANTS}/rules/{made.pk}/remove"
    assert "Remove Another?" in text(coordinating.get(remove))
    assert GrantRule.objects.count() == 1
    assert coordinating.post(remove)["Location"] == GRANTS
    assert GrantRule.objects.count() == 0
    assert Session.objects.count() == 3


def test_a_new_grant_is_for_this_school_year_until_something_else_is_said(coordinating):
    form = coordinating.get(NEW).context["form"]
    assert (form["starts_on"].value(), form["ends_on"].value()) == (day("2026-08-01"), day("2027-07-31"))
    assert [form[name].value() for name in ("min_minutes", "min_visits", "min_leaders", "min_weeks")] == [60, 3, 1, 0]


WRONG = [
    ({"name": ""}, "name"),
    ({"starts_on": "soon"}, "starts_on"),
    ({"starts_on": "1999-09-01"}, "starts_on"),
    ({"ends_on": "2026-09-01"}, "__all__"),
    ({"min_minutes": "1441"}, "min_minutes"),
    ({"min_minutes": "-1"}, "min_minutes"),
    ({"min_visits": "0"}, "min_visits"),
    ({"min_visits": ""}, "min_visits"),
    ({"min_leaders": "51"}, "min_leaders"),
    ({"min_weeks": "54"}, "min_weeks"),
    ({"min_weeks": "9" * 30}, "min_weeks"),
    ({"bands": ["11-12"]}, "bands"),
    ({"bands": ["10-12", "10-12"]}, "bands"),
    ({"programme": "0"}, "programme"),
    ({"organisation": "9" * 30}, "organisation"),
]


@pytest.mark.parametrize(("fields", "wrong"), WRONG)
def test_what_makes_no_sense_is_said_at_its_field_and_changes_nothing(coordinating, fields, wrong):
    made = rule(name="As it was")
    for path in (NEW, f"{GRANTS}/rules/{made.pk}/edit"):
        answer = coordinating.post(path, filled_in(**fields))
        assert answer.status_code == 200
        assert list(answer.context["form"].errors) == [wrong]
        assert "Something is not right yet" in text(answer)
    assert [one.name for one in GrantRule.objects.all()] == ["As it was"]


def test_an_age_group_that_the_town_gave_up_is_there_to_be_taken_out(coordinating, settings):
    made = rule(bands=["10-12", "13-15"])
    settings.AGE_BANDS = ["0-12", "13-15"]
    edit = f"{GRANTS}/rules/{made.pk}/edit"
    assert list(coordinating.post(edit, filled_in(bands=["10-12", "13-15"])).context["form"].errors) == ["bands"]
    assert coordinating.post(edit, filled_in(bands=["13-15"])).status_code == 302
    made.refresh_from_db()
    assert made.bands == ["13-15"]


def test_a_grant_that_is_not_there_is_not_found(coordinating):
    rule().delete()
    nowhere = "00000000-0000-0000-0000-000000000000"
    paths = (f"rules/{nowhere}/edit", f"rules/{nowhere}/remove", f"{nowhere}/busy")
    assert [coordinating.get(f"{GRANTS}/{path}").status_code for path in paths] == [404] * 3


def test_the_administration_takes_a_grant_too(client):
    user = factories.coordinator()
    user.is_staff = user.is_superuser = True
    user.save()
    client.force_login(user)
    assert client.post("/admin/attendance/grantrule/add/", filled_in(bands=["10-12"])).status_code == 302
    assert client.get("/admin/attendance/grantrule/").status_code == 200
    assert GrantRule.objects.get().bands == ["10-12"]
