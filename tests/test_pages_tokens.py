"""Somebody's own tokens at the desk: shown once, for one purpose, and revoked."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schools.models import AccessToken, Scope
from schools.secrets import digest
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday"), pytest.mark.one_database]
FORM = {"name": "De site van de school", "scope": "publish", "days": "365"}


def made(client, shop, **changes):
    return client.post("/desk/tokens", FORM | {"organisation": shop.organisation.pk} | changes)


def test_a_new_token_is_shown_once_and_is_for_what_was_chosen(at_desk, shop):
    answer = made(at_desk, shop)
    token = re.search(r"inloop_user_[\w-]+", answer.content.decode())[0]
    row = AccessToken.objects.get(digest=digest(token))
    assert (row.name, row.scope, row.organisation) == (FORM["name"], Scope.PUBLISH, shop.organisation)
    assert row.expires_at == NOW + dt.timedelta(days=365)
    again = at_desk.get("/desk/tokens").content.decode()
    assert FORM["name"] in again
    assert "inloop_user_" not in again


WRONG = [
    ({"name": ""}, "name"),
    ({"scope": "all of it"}, "scope"),
    ({"organisation": ""}, "organisation"),
    ({"days": "9999"}, "days"),
]


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_a_token_that_cannot_be_is_not_made_and_the_field_says_why(at_desk, shop, change, field):
    answer = made(at_desk, shop, **change)
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not AccessToken.objects.exists()


def test_nobody_makes_a_token_for_another_s_organisation(at_desk, shop):
    made(at_desk, factories.location(slug="hub"))
    assert not AccessToken.objects.exists()


def test_a_token_that_does_not_publish_is_for_no_organisation(at_desk, shop):
    made(at_desk, shop, scope="totals")
    assert AccessToken.objects.get().organisation is None


def test_one_revokes_one_s_own_and_nobody_else_s(at_desk, shop):
    made(at_desk, shop)
    own = AccessToken.objects.get()
    other = AccessToken.objects.get(digest=digest(factories.access_token(user=factories.coordinator())))
    assert at_desk.post("/desk/tokens/revoke", {"token": other.pk}).status_code == 404
    assert at_desk.post("/desk/tokens/revoke", {"token": "é"}).status_code == 404
    assert at_desk.post("/desk/tokens/revoke", {"token": own.pk}).status_code == 302
    assert [AccessToken.objects.get(pk=row.pk).revoked_at for row in (own, other)] == [NOW, None]
    assert "ingetrokken" in at_desk.get("/desk/tokens").content.decode()


def test_many_tokens_cost_as_many_queries_as_one(at_desk, shop):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert at_desk.get("/desk/tokens").status_code == 200
        return len(found)

    made(at_desk, shop)
    few = queries()
    for _number in range(5):
        made(at_desk, shop)
    assert queries() == few
