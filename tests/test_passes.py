"""What a pass may say of who holds it: at the desk, over the API, and in the verb that both call."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from attendance import passes
from attendance.models import Pass
from tests import factories
from tests.factories import DAY, NOW

pytestmark = pytest.mark.django_db

SUMMER = [
    ("2026-07-31", "2026-09-30"),
    ("2026-08-01", "2027-09-30"),
    ("2026-11-24", "2027-09-30"),
    ("2027-07-31", "2027-09-30"),
]
STRANGE = [("level", "all"), ("level", "x"), ("age_band", "11-12"), ("gender", "x")]


@pytest.mark.parametrize(("made_on", "last_day"), SUMMER)
def test_a_pass_is_good_through_the_summer_until_new_ones_are_handed_out(made_on, last_day):
    passes.issue(1, at=factories.moment(f"{made_on}T12:00"))
    assert Pass.objects.get().valid_until == dt.date.fromisoformat(last_day)


@pytest.mark.parametrize(("name", "band"), STRANGE)
def test_a_band_that_no_holder_has_makes_no_pass(name, band):
    with pytest.raises(ValidationError) as refused:
        passes.issue(2, at=NOW, **{name: band})
    assert list(refused.value.error_dict) == [name]
    assert not Pass.objects.exists()


def test_every_strange_band_is_named_at_once():
    with pytest.raises(ValidationError) as refused:
        passes.issue(1, at=NOW, level="all", age_band="x", gender="girl")
    assert set(refused.value.error_dict) == {"level", "age_band"}


@pytest.mark.parametrize(("name", "band"), [("level", "po"), ("age_band", "24+"), ("gender", "other"), ("level", "")])
def test_a_band_in_use_and_saying_nothing_are_fine(name, band):
    passes.issue(1, at=NOW, **{name: band})
    assert [getattr(made, name) for made in Pass.objects.all()] == [band]


@pytest.mark.parametrize(("name", "band"), [("level", "all"), ("ageBand", "11-12"), ("gender", "x")])
def test_the_api_refuses_it_under_its_own_name(api, name, band):
    token = factories.access_token(user=factories.coordinator())
    answer = api.post("/passes", {"count": 1, name: band}, token=token)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [name])
    assert not Pass.objects.exists()


@pytest.mark.parametrize(("name", "band"), STRANGE)
def test_the_form_refuses_it_too(client, name, band):
    client.force_login(factories.coordinator())
    answer = client.post("/desk/passes", {"count": "1", "valid_until": "2099-08-31", "paper": "cards", name: band})
    assert (answer.status_code, f'id="id_{name}_error"' in answer.content.decode()) == (200, True)
    assert not Pass.objects.exists()


def test_a_pass_that_has_expired_can_be_made_for_who_connects_a_door(api):
    token = factories.access_token(user=factories.coordinator())
    assert api.post("/passes", {"count": 1, "validUntil": "2020-08-31"}, token=token).status_code == 201
    assert [made.valid_until for made in Pass.objects.all()] == [dt.date(2020, 8, 31)]


def test_a_pass_that_ended_long_ago_is_forgotten():
    passes.issue(1, valid_until=dt.date(2026, 9, 30), at=NOW - 60 * DAY)
    [good] = passes.issue(1, at=NOW - 60 * DAY)
    last = factories.moment("2026-09-30T12:00") + passes.FORGOTTEN_AFTER

    assert passes.forget(at=last) == 0
    assert passes.forget(at=last + DAY) == 1

    assert [known.number for known in Pass.objects.all()] == [good.number]


def test_one_made_after_its_last_day_stays_as_long_as_any():
    passes.issue(1, valid_until=dt.date(2020, 1, 1), at=NOW)
    assert passes.forget(at=NOW + passes.FORGOTTEN_AFTER) == 0
    assert passes.forget(at=NOW + passes.FORGOTTEN_AFTER + DAY) == 1
