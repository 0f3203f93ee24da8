"""Who worked here and left is forgotten after a year; what they did stays, under no name."""

import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from activities import bookings
from activities.models import Booking
from attendance import counting, settling
from attendance.housekeeping import keep_house
from attendance.models import CheckIn, NobodyCame, Settlement
from schools import invitations, people, post
from schools.models import AccessToken, Letter, LetterKind, User
from schools.rights import Rights
from tests import factories
from tests.factories import DAY, HOUR, NOW, deliver, tally
from tests.reading import text
from tests.test_people import code

pytestmark = pytest.mark.django_db
YEAR = people.FORGOTTEN_AFTER


@pytest.fixture
def boss():
    return factories.coordinator()


@pytest.fixture
def kim(shop):
    user = factories.youth_worker(at=shop, email="kim@inloop.example")
    user.name = "Kim"
    user.save(update_fields=["name"])
    return user


def forgotten(*, at):
    return people.forget(at=at)


def seen_to_leave(person, *, by, at=NOW):
    people.remove(person, by=by, at=at)
    assert forgotten(at=at) == 0


def test_a_year_after_somebody_left_nothing_tells_who_it_was(boss, kim):
    SocialAccount.objects.create(user=kim, provider="municipality", uid="s-1", extra_data={"name": "Kim"})
    Authenticator.objects.create(user=kim, type=Authenticator.Type.TOTP, data={})
    AccessToken.issue(user=kim, name="Kim's dashboard")
    post.queue(LetterKind.SUBSCRIPTION_OFF, to=kim, at=NOW)
    User.objects.filter(pk=kim.pk).update(last_login=NOW)
    seen_to_leave(kim, by=boss)

    assert forgotten(at=NOW + YEAR - HOUR) == 0
    assert User.objects.get(pk=kim.pk).email == "kim@inloop.example"
    assert [forgotten(at=NOW + YEAR), forgotten(at=NOW + YEAR + HOUR)] == [1, 0]

    left = User.objects.get(pk=kim.pk)
    assert (left.name, left.email, left.last_login) == ("oud-collega", f"{kim.reference}@forgotten.invalid", None)
    assert (left.is_active, left.has_usable_password()) == (False, False)
    # Its number stays, for it is to stay closed, and nothing else of it.
    assert SocialAccount.objects.values_list("uid", "extra_data").get() == ("s-1", {})
    rest = [Authenticator, AccessToken, Letter]
    assert [model for model in rest if model.objects.filter(user=kim).exists()] == []
    assert "kim" not in json.dumps(list(User.objects.values()), default=str).lower()


@pytest.mark.usefixtures("on_the_tuesday")
def test_what_they_did_stays_and_can_be_read(client, boss, kim, shop, phone):
    session = factories.session(place=shop, starts_at=NOW - 5 * HOUR, ends_at=NOW - 4 * HOUR)
    counting.say_nobody_came(session, by=kim, at=NOW)
    deliver(tally(id=1, count=3, at=NOW + 5 * DAY), who=phone)
    settling.settle(CheckIn.objects.all(), session=None, by=kim, at=NOW)
    bookings.book_session(factories.session(place=shop, starts_at=NOW + HOUR), resources=[], staff=[kim], at=NOW)
    seen_to_leave(kim, by=boss)
    assert forgotten(at=NOW + YEAR) == 1

    assert [NobodyCame.objects.get().said_by, Settlement.objects.get().settled_by] == [kim, kim]
    assert str(Booking.objects.get()) == "oud-collega"
    client.force_login(boss)
    page = text(client.get("/desk/check-ins", {"week": "2026-W48"}))
    assert "oud-collega" in page
    assert "invalid" not in page


def test_who_comes_back_within_the_year_is_not_forgotten(boss, kim, shop):
    seen_to_leave(kim, by=boss)
    rights = Rights(works_at=frozenset([shop.pk]))
    later = NOW + YEAR - DAY
    invitation = invitations.invite(email=kim.email, name="Kim", rights=rights, language="nl", by=boss, at=later)
    assert forgotten(at=NOW + YEAR) == 0
    invitations.resend(invitation, by=boss, at=later)
    invitations.accept(code(at=later), name="Kim", password=factories.PASSWORD, at=later)
    assert forgotten(at=NOW + YEAR) == 0
    assert User.objects.get(pk=kim.pk).name == "Kim"
    # The year begins anew when they go again.
    seen_to_leave(kim, by=boss, at=NOW + YEAR)
    assert [forgotten(at=NOW + 2 * YEAR - HOUR), forgotten(at=NOW + 2 * YEAR)] == [0, 1]


def test_who_was_invited_again_and_did_not_come_is_not_deleted(boss, kim, shop):
    seen_to_leave(kim, by=boss)
    rights = Rights(works_at=frozenset([shop.pk]))
    invitation = invitations.invite(email=kim.email, name="Kim", rights=rights, language="nl", by=boss, at=NOW)
    invitations.withdraw(invitation, by=boss, at=NOW)
    assert [forgotten(at=NOW + YEAR - HOUR), forgotten(at=NOW + YEAR)] == [0, 1]


def test_who_was_switched_off_in_the_administration_or_removed_long_ago_is_forgotten_too(boss, kim):
    User.objects.filter(pk=kim.pk).update(is_active=False)
    assert [forgotten(at=NOW + after) for after in (DAY, YEAR, YEAR + DAY)] == [0, 0, 1]
    assert not Rights.of(User.objects.get(pk=kim.pk)).works_at
    assert [person.pk for person in User.objects.filter(is_active=True)] == [boss.pk]


def test_housekeeping_does_it(boss, kim):
    seen_to_leave(kim, by=boss)
    assert keep_house(at=NOW + YEAR)["people forgotten"] == 1
