"""ETags: what a program has is not sent again, and nobody overwrites what they did not see."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activities import publishing
from activities.models import Activity, Session
from api.kept import ANSWERS
from schools.models import Organisation
from tests import factories
from tests.factories import NOW

OPEN = ["/organisations", "/locations", "/programmes", "/activities", "/sessions", "/openapi.json"]
ROWS = ["/organisations/shop", "/locations/shop", "/programmes/drop-in", "/activities/offered", "/sessions/{session}"]


@pytest.fixture
def offered(town):
    return factories.activity(title="Offered", place=town.shop, starts_on="2027-01-05")


@pytest.fixture
def token(town):
    return town.tokens["publisher"]


def get(api, path, tag="", **headers):
    return api.client.get(f"/api/v1{path}", headers={**headers, **({"If-None-Match": tag} if tag else {})})


def send(api, method, path, body, *, token, tag):
    headers = {"Authorization": f"Bearer {token}", "If-Match": tag}
    return api.client.generic(
        method, f"/api/v1{path}", api.client._encode_json(body, "application/json"), "application/json", headers=headers
    )


@pytest.mark.parametrize("path", OPEN + ROWS)
def test_what_a_program_has_is_not_sent_again_until_it_changes(api, offered, path):
    path = path.format(session=offered.sessions.in_order()[0].pk)
    first = get(api, path)
    again = get(api, path, first["ETag"])
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert (again["ETag"], again["API-Version"]) == (first["ETag"], "1.4.0")
    assert get(api, path, '"another"').content == first.content


def test_a_change_makes_another_tag_and_another_answer(api, offered):
    paths = ["/activities", "/activities/offered", "/sessions", f"/sessions/{offered.sessions.in_order()[0].pk}"]
    tags = {path: get(api, path)["ETag"] for path in paths}
    publishing.change(offered, {"title": "Renamed"}, at=NOW)
    for path in paths:
        answer = get(api, path, tags[path])
        assert (answer.status_code, b"Renamed" in answer.content) == (200, True), path


def test_pages_and_filters_have_tags_of_their_own(api, offered):
    queries = ("", "?pageSize=1", "?pageSize=1&page=2", "?q=offered", "?weekday=TU")
    tags = {get(api, f"/sessions{query}")["ETag"] for query in queries}
    assert len(tags) >= 4


def test_a_packed_answer_is_known_again_too(api, offered):
    packed = get(api, "/sessions", **{"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert get(api, "/sessions", packed["ETag"], **{"Accept-Encoding": "gzip"}).status_code == 304


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_kept_in_memory_until_the_programme_changes(api):
    shop = factories.location(slug="shop")
    offered = factories.activity(title="Offered", place=shop)

    def read(path):
        with CaptureQueriesContext(connection) as found:
            titles = [row["title"] for row in api.get(path).json()["results"]]
        return titles, len(found)

    assert read("/activities")[0] == ["Offered"]
    assert read("/activities") == (["Offered"], 1)
    publishing.change(offered, {"title": "Renamed"}, at=NOW)
    assert read("/activities")[0] == ["Renamed"]
    # Whatever the administrator renames counts too, and what was refused is not kept.
    assert api.get("/organisations/shop").json()["name"] == "Shop"
    organisation = Organisation.objects.get(slug="shop")
    organisation.name = "De Winkel"
    organisation.save(update_fields=["name"])
    assert api.get("/organisations/shop").json()["name"] == "De Winkel"
    kept = ANSWERS.in_use
    assert api.get("/activities", q="x" * 101).status_code == 400
    assert api.get("/activities/nothing").status_code == 404
    assert ANSWERS.in_use == kept


# ---------------------------------------------------------------- If-Match


def test_who_saw_what_is_there_may_change_it_and_is_told_the_next_tag(api, offered, token):
    seen = get(api, "/activities/offered")["ETag"]
    changed = send(api, "PATCH", "/activities/offered", {"title": "First"}, token=token, tag=seen)
    assert (changed.status_code, changed["ETag"]) == (200, get(api, "/activities/offered")["ETag"])
    late = send(api, "PATCH", "/activities/offered", {"title": "Second"}, token=token, tag=seen)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert Activity.objects.get(pk=offered.pk).title == "First"
    again = send(api, "PATCH", "/activities/offered", {"title": "Second"}, token=token, tag=changed["ETag"])
    assert again.status_code == 200


CHANGES = [
    ("PATCH", "/sessions/{session}", {"endsAt": "2027-01-05T17:00:00Z"}),
    ("POST", "/sessions/{session}/cancel", {"reason": "Ziek"}),
    ("POST", "/sessions/{cancelled}/restore", {}),
    ("DELETE", "/sessions/{extra}", {}),
    ("POST", "/activities/offered/end", {"lastOn": "2027-01-12"}),
    ("DELETE", "/activities/offered", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES, ids=[f"{m} {p}" for m, p, _b in CHANGES])
def test_a_stale_tag_changes_nothing_and_a_fresh_one_does(api, offered, token, method, path, body):
    first, second = offered.sessions.in_order()[:2]
    publishing.cancel(second, reason="Ziek", at=NOW)
    times = factories.moment("2027-01-07T15:00"), factories.moment("2027-01-07T16:00")
    extra = publishing.add(offered, starts_at=times[0], ends_at=times[1], at=NOW)
    path = path.format(session=first.pk, cancelled=second.pk, extra=extra.pk)
    row = path.removesuffix("/cancel").removesuffix("/restore").removesuffix("/end")
    before = list(Session.objects.order_by("pk").values()), list(Activity.objects.order_by("pk").values())
    stale = send(api, method, path, body, token=token, tag='"stale"')
    assert (stale.status_code, stale["Content-Type"]) == (412, "application/problem+json")
    assert (list(Session.objects.order_by("pk").values()), list(Activity.objects.order_by("pk").values())) == before
    fresh = send(api, method, path, body, token=token, tag=f'"another", {get(api, row)["ETag"]}')
    assert fresh.status_code in (200, 204)


def test_the_tag_of_a_packed_answer_will_do_and_so_does_a_star(api, offered, token):
    weak = get(api, "/activities/offered", **{"Accept-Encoding": "gzip"})["ETag"]
    assert weak.startswith("W/")
    for tag in (weak, "*"):
        body = {"capacity": 10}
        assert send(api, "PATCH", "/activities/offered", body, token=token, tag=tag).status_code == 200
        weak = get(api, "/activities/offered", **{"Accept-Encoding": "gzip"})["ETag"]


def test_somebody_else_s_row_does_not_exist_whatever_the_tag(api, town, offered):
    for tag in ('"stale"', "*", get(api, "/activities/offered")["ETag"]):
        answer = send(api, "PATCH", "/activities/offered", {}, token=town.tokens["other publisher"], tag=tag)
        assert answer.status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_who_saw_the_same_and_change_it_at_once_one_does():
    shop = factories.location(slug="shop")
    token = factories.access_token(user=factories.publisher(of=shop.organisation))
    offered = factories.activity(title="Offered", place=shop)
    for number in range(6):
        tag = Client().get("/api/v1/activities/offered")["ETag"]
        start = Barrier(2)

        def change(title, tag=tag, start=start):
            headers = {"Authorization": f"Bearer {token}", "If-Match": tag}
            try:
                start.wait(timeout=30)
                return Client().patch(
                    "/api/v1/activities/offered", {"title": title}, content_type="application/json", headers=headers
                )
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(change, (f"First {number}", f"Second {number}")))
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        [done] = [answer for answer in answers if answer.status_code == 200]
        offered.refresh_from_db()
        assert offered.title == done.json()["title"]


# ---------------------------------------------------------------- what a list costs


def add_rows(town, number):
    """One more of everything that staff list."""
    shop, day = town.shop.organisation, f"2027-03-{number + 1:02}"
    factories.closure(of=shop, starts_on=day, ends_on=day).save()
    factories.own_days(of=shop, starts_on=day).save()
    door, _token = factories.device(place=town.shop, name=f"Deur {number}")
    factories.deliver(factories.tally(id=number, at=town.now, session=town.session), who=door, at=town.now)


def test_what_staff_list_costs_as_many_queries_for_many_rows_as_for_one(api, town):
    def queries(path):
        with CaptureQueriesContext(connection) as found:
            answer = api.get(path, token=town.tokens["coordinator"])
        return len(found), answer.json()["count"]

    paths = ["/closures", "/holiday-overrides", "/devices", f"/check-ins?session={town.session.pk}"]
    add_rows(town, 1)
    for path in paths:
        queries(path)  # the first notes that the token was used
    few = {path: queries(path) for path in paths}
    for number in range(2, 8):
        add_rows(town, number)
    many = {path: queries(path) for path in paths}
    for path in paths:
        assert many[path][1] == few[path][1] + 6
        assert many[path][0] == few[path][0] <= 5
