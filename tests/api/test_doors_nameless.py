"""What a door sends without a usable id: kept once, for a person to see, and nothing of a pass or a person in it."""

import re

import pytest

from attendance.models import CheckIn
from tests.factories import claim_id, scan, tally


@pytest.mark.parametrize(
    ("item", "spoken"),
    [
        ({"kind": "tally"}, None),
        ({"id": None}, None),
        ({"id": "not-a-uuid"}, "not-a-uuid"),
        ({"id": 7}, None),
        ("tally", None),
        (None, None),
        ([], None),
    ],
)
def test_what_has_no_usable_id_is_kept_once_for_a_person_and_stops_no_other(api, town, item, spoken):
    items = [tally(id=1, at=town.now), item, tally(id=2, at=town.now)]
    response = api.post("/check-ins", {"checkIns": items}, token=town.tokens["device"])
    assert response.status_code == 200
    again = api.post("/check-ins", {"checkIns": items}, token=town.tokens["device"])
    assert again.json()["results"] == [result | {"replayed": True} for result in response.json()["results"]]
    results = response.json()["results"]
    assert [(result["id"], result["outcome"]) for result in results] == [
        (claim_id(1), "counted"),
        (spoken, "invalid"),
        (claim_id(2), "counted"),
    ]
    assert results[1]["errors"][0]["field"] == "id"
    assert [result["replayed"] for result in results] == [False] * 3
    assert CheckIn.objects.count() == 3
    [kept] = CheckIn.objects.kept_uncounted()
    assert (kept.outcome, kept.location.slug, kept.errors[0]["field"]) == ("invalid", "shop", "id")


def test_of_what_has_no_usable_id_neither_the_pass_nor_a_word_is_kept(api, town, card):
    item = scan(id=1, token=card, at=town.now) | {"id": "Jip Jansen", "note": "cousin of Janneke"}
    unlike = [item | {"pass": "NEVERMADE0000000"}, {**tally(id=1, count=24, at=town.now), "id": "Jip Jansen"}]
    response = api.post("/check-ins", {"checkIns": [item, *unlike, item]}, token=town.tokens["device"])
    assert [(one["id"], one["outcome"], one["replayed"]) for one in response.json()["results"]] == [
        ("Jip Jansen", "invalid", False),
        ("Jip Jansen", "invalid", False),
        ("Jip Jansen", "invalid", False),
        ("Jip Jansen", "invalid", True),
    ]
    rows = list(CheckIn.objects.values().order_by("count"))
    assert [(row["kind"], row["count"], row["visits"]) for row in rows] == [
        ("pass", 1, 0),
        ("pass", 1, 0),
        ("tally", 24, 0),
    ]
    assert not re.search(f"Jip|Janneke|{card}|NEVERMADE", str(rows))
    assert {row["visitor_key"] for row in rows} == {None}


def test_the_same_words_of_another_phone_are_another_event(api, town):
    other = api.post("/devices", {"location": "shop", "name": "Deur"}, token=town.tokens["coordinator"]).json()
    other = api.post("/devices/pair", {"code": other["pairingCode"]}).json()["token"]
    for token in (town.tokens["device"], other):
        api.post("/check-ins", {"checkIns": [{"kind": "tally", "count": 1}]}, token=token)
    assert CheckIn.objects.count() == 2
