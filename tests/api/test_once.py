"""`Idempotency-Key`: what makes something may be sent again, and makes it once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client

from activities import publishing
from activities.models import Activity
from api.document import document
from attendance import housekeeping
from attendance.models import Device, Pass
from schools import kept_answers
from schools.models import Closure, HolidayOverride, KeptAnswer
from tests import factories
from tests.api.test_roles import ACTIVITY, CLOSURE, DAYS, EXTRA
from tests.factories import DAY

# Everything that makes a row, and how many there are of it.
MAKING = [
    ("/activities", ACTIVITY, Activity),
    ("/activities/drop-in-hours/sessions", EXTRA, None),
    ("/closures", CLOSURE, Closure),
    ("/holiday-overrides", DAYS, HolidayOverride),
    ("/devices", {"location": "shop", "name": "Deur"}, Device),
    ("/passes", {"count": 3}, Pass),
]


def post(client, path, body, *, token, key):
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key is not None else {})
    return client.post(f"/api/v1{path}", body, content_type="application/json", headers=headers)


@pytest.fixture
def token(town):
    return town.tokens["coordinator"]


def count(model, town):
    return model.objects.count() if model else town.session.activity.sessions.count()


@pytest.mark.parametrize(("path", "body", "model"), MAKING, ids=[path for path, _b, _m in MAKING])
def test_the_same_key_makes_it_once_and_answers_the_same(api, town, token, path, body, model):
    first = post(api.client, path, body, token=token, key="order 1")
    assert (first.status_code, first.headers.get("Idempotency-Replayed")) == (201, None)
    made = count(model, town)
    again = post(api.client, path, body, token=token, key="order 1")
    assert (again.status_code, again["Idempotency-Replayed"], again.content) == (201, "true", first.content)
    assert count(model, town) == made


def test_everything_that_makes_a_row_takes_a_key():
    makes = {
        path: {one.get("$ref", "").rpartition("/")[2] for one in item["post"].get("parameters", ())}
        for path, item in document()["paths"].items()
        if "201" in item.get("post", {}).get("responses", ())
    }
    assert [path for path, taken in makes.items() if "Idempotency-Key" not in taken] == []
    assert len(makes) >= len(MAKING)


def test_the_tokens_in_a_kept_answer_are_not_to_be_read_in_the_database(api, town, token):
    answer = post(api.client, "/passes", {"count": 3}, token=token, key="order 1")
    [kept] = KeptAnswer.objects.all()
    stored = bytes(kept.body) + bytes(kept.key_digest) + bytes(kept.request_digest)
    for card in answer.json()["passes"]:
        assert card["token"].encode() not in stored
    assert b"order 1" not in stored


def test_the_same_key_with_another_request_is_refused_and_makes_nothing(api, town, token):
    post(api.client, "/passes", {"count": 3}, token=token, key="order 1")
    for path, body in (("/passes", {"count": 4}), ("/devices", {"location": "shop", "name": "Deur"})):
        refused = post(api.client, path, body, token=token, key="order 1")
        assert (refused.status_code, refused.json()["code"]) == (422, "key_used_before")
    assert (Pass.objects.count(), Device.objects.count()) == (3, 1)


def test_another_key_and_another_person_make_another(api, town, token):
    post(api.client, "/passes", {"count": 1}, token=token, key="order 1")
    post(api.client, "/passes", {"count": 1}, token=token, key="order 2")
    post(api.client, "/passes", {"count": 1}, token=town.tokens["youth worker"], key="order 1")
    assert Pass.objects.count() == 3


def test_what_was_refused_may_be_put_right_under_the_same_key(api, town, token):
    assert post(api.client, "/passes", {"count": 0}, token=token, key="order 1").status_code == 400
    assert post(api.client, "/passes", {"count": 1}, token=token, key="order 1").status_code == 201
    assert post(api.client, "/passes", {"count": 1}, token=token, key="order 1")["Idempotency-Replayed"] == "true"
    assert Pass.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "é", "a\tb"])
def test_a_key_that_is_none_is_refused_by_name(api, town, token, key):
    answer = post(api.client, "/passes", {"count": 1}, token=token, key=key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert not Pass.objects.exists()


def test_an_answer_is_kept_for_a_day_and_no_longer(api, town, token):
    post(api.client, "/passes", {"count": 1}, token=token, key="order 1")
    made_at = KeptAnswer.objects.get().created_at
    just_before = made_at + kept_answers.KEPT - factories.MINUTE
    assert housekeeping.keep_house(at=just_before)["answers forgotten"] == 0
    assert housekeeping.keep_house(at=made_at + kept_answers.KEPT)["answers forgotten"] == 1
    assert not KeptAnswer.objects.exists()


def test_a_key_of_yesterday_is_free_again_before_anybody_cleans_up(api, town, token):
    post(api.client, "/passes", {"count": 1}, token=token, key="order 1")
    KeptAnswer.objects.update(created_at=town.now - 2 * DAY)
    assert "Idempotency-Replayed" not in post(api.client, "/passes", {"count": 2}, token=token, key="order 1")
    assert Pass.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_that_are_sent_at_once_make_one_thing():
    shop = factories.location(slug="shop")
    token = factories.access_token(user=factories.publisher(of=shop.organisation))
    factories.programme(slug="drop-in")
    for number in range(6):
        start = Barrier(3)

        def send(_sender, number=number, start=start):
            try:
                start.wait(timeout=30)
                return post(Client(), "/activities", ACTIVITY, token=token, key=f"order {number}")
            finally:
                connections.close_all()

        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(send, range(3)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert sorted("Idempotency-Replayed" in answer for answer in answers) == [False, True, True]
        [made] = Activity.objects.all()
        publishing.delete(made)
