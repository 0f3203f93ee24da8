"""A small town behind the API. The API reads the real clock, so what must be running runs around it."""

import datetime as dt
from dataclasses import dataclass, field

import pytest
from django.utils.timezone import now

from activities.models import Session
from activities.weeks import label
from schools.models import Location
from tests import factories
from tests.factories import HOUR


@dataclass
class Town:
    """The shop's session began an hour ago and lasts another; `tokens` are of people and of a phone, by role."""

    now: dt.datetime
    shop: Location
    hub: Location
    session: Session
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def week(self) -> str:
        return label(self.session.week)


@pytest.fixture
def town(db: None) -> Town:
    shop = factories.location(slug="shop", wijk=factories.neighbourhood(slug="poelenburg"))
    hub = factories.location(slug="hub", wijk=factories.neighbourhood(slug="saendelft"))
    at = now()
    made = Town(at, shop, hub, factories.session(place=shop, starts_at=at - HOUR))
    people = {
        "coordinator": factories.coordinator(),
        "publisher": factories.publisher(of=shop.organisation),
        "other publisher": factories.publisher(of=hub.organisation),
        "youth worker": factories.youth_worker(at=shop),
        "other youth worker": factories.youth_worker(at=hub),
    }
    made.tokens = {role: factories.access_token(user=user) for role, user in people.items()}
    made.tokens |= {"anonymous": "", "device": factories.device(place=shop)[1]}
    return made
