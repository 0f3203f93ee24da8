"""What is said about messages, in the guide and in the description of the API, is what is sent."""

import datetime as dt
import json
import re

import jsonschema_rs
import pytest

from activities.models import Delivery, EventKind
from activities.webhooks import signing
from activities.webhooks.delivering import PAUSES
from activities.webhooks.managing import send_test
from api.webhooks import example
from tests import factories
from tests.factories import NOW, SECRET
from tests.webhooks.receivers import GUIDE, is_ours


@pytest.fixture
def described(api, db):
    return api.get("/openapi.json").json()


def test_the_message_of_the_guide_is_signed_as_it_says():
    [head, body] = re.search(r"```http\n(.*?)```", GUIDE, re.DOTALL)[1].rstrip("\n").split("\n\n")
    headers = dict(line.split(": ") for line in head.splitlines()[1:])
    [secret] = set(re.findall(r"whsec_[A-Za-z0-9+/=]{20,}", GUIDE))
    at = int(headers["webhook-timestamp"])
    assert secret == SECRET
    assert is_ours(secret, headers, body.encode(), now=at)
    assert not is_ours(secret, headers, body.encode() + b" ", now=at)
    assert not is_ours(secret, headers, body.encode(), now=at + 301)
    assert not is_ours(signing.new_secret(), headers, body.encode(), now=at)
    told = json.loads(body)
    assert told["id"] == headers["webhook-id"]
    assert told.keys() == example(EventKind.SESSION_CANCELLED, base_url="").keys()


def test_the_guide_names_every_kind_of_message_and_no_other():
    named = set(re.findall(r"`([a-z]+\.[a-z]+)`", GUIDE)) - {"webhook.id"}
    assert {kind for kind in named if kind.split(".")[0] in {one.split(".")[0] for one in EventKind.values}} == set(
        EventKind.values
    )


def test_the_guide_says_when_a_message_is_sent_again():
    hours, minutes = dt.timedelta(hours=1), dt.timedelta(minutes=1)
    said = [1 * minutes, 5 * minutes, 30 * minutes, 2 * hours, 5 * hours, 10 * hours, 14 * hours, 16 * hours]
    assert list(PAUSES) == said
    assert "after 1, 5 and 30 minutes, then 2, 5, 10, 14 and 16 hours" in " ".join(GUIDE.split())


def test_each_kind_is_described_with_an_example_that_fits(described):
    assert set(described["webhooks"]) == set(EventKind.values)
    for kind, item in described["webhooks"].items():
        operation = item["post"]
        content = operation["requestBody"]["content"]["application/json"]
        schema = content["schema"] | {"components": described["components"]}
        validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        assert validator.is_valid(content["example"])
        assert content["example"]["type"] == kind
        assert {one["name"] for one in operation["parameters"]} == {
            "webhook-id", "webhook-timestamp", "webhook-signature",
        }  # fmt: skip


def test_what_is_sent_is_what_is_described(described, shop):
    send_test(factories.subscription(of=shop.organisation), at=NOW)
    told = json.loads(Delivery.objects.get().body)
    schema = {"$ref": "#/components/schemas/Event", "components": described["components"]}
    assert jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(told)
    assert told.keys() == example(EventKind.TEST, base_url="").keys()


def test_the_page_about_the_api_names_every_kind(client, db):
    shown = client.get("/api").content.decode()
    assert [kind for kind in EventKind.values if f"<code>{kind}</code>" not in shown] == []
