"""A message arrives at least once, in order, with the same id; what fails is tried again, and seen."""

import datetime as dt
import json

import pytest
from django.core import mail
from hypothesis import given
from hypothesis import strategies as st

from activities import publishing
from activities.intake.events import Unusable
from activities.models import Delivery, Fault, Subscription
from activities.webhooks import delivering, managing, signing
from activities.webhooks.delivering import CLAIMED_FOR, PAUSES, deliver, deliver_due
from attendance.housekeeping import keep_house
from schools import post
from schools.acting import acting
from schools.models import AuditEntry, Letter
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, SECRET

pytestmark = pytest.mark.django_db


@pytest.fixture
def club(shop):
    return factories.activity(place=shop, title="Club")


def happen(shop, *titles):
    return [factories.activity(place=shop, title=title) for title in titles]


def state(row):
    row.refresh_from_db()
    return row


# ---------------------------------------------------------------- what comes


def test_a_receiver_knows_each_message_as_ours_and_gets_it_in_order(shop, program, their_site):
    happen(shop, "A", "B", "C")
    assert deliver_due(at=NOW) == 3
    assert [one.told["resource"].rsplit("/", 1)[1] for one in their_site.came] == ["a", "b", "c"]
    for came in their_site.came:
        assert came.is_ours
        assert came.id == came.told["id"]
        assert came.headers["content-type"] == "application/json"
        assert came.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert len({one.id for one in their_site.came}) == 3
    first = program.deliveries.order_by("pk")[0]
    assert (first.arrived_at, first.answer, first.attempts, first.fault) == (NOW, 204, 1, "")
    assert deliver_due(at=NOW + DAY) == 0


def test_it_is_signed_with_the_moment_at_which_it_leaves(shop, program, their_site, monkeypatch):
    """Receivers refuse what is older than five minutes, and housekeeping may have begun long before."""
    clock = iter([NOW + 20 * MINUTE, NOW + 21 * MINUTE])
    monkeypatch.setattr(delivering, "now", lambda: next(clock))
    happen(shop, "A", "B")
    assert deliver_due(at=NOW) == 2
    signed = [dt.datetime.fromtimestamp(int(one.headers["webhook-timestamp"]), dt.UTC) for one in their_site.came]
    assert signed == [NOW + 20 * MINUTE, NOW + 21 * MINUTE]
    assert all(one.is_ours for one in their_site.came)


def test_the_signature_is_that_of_the_standard_s_own_example():
    at = dt.datetime.fromtimestamp(1614265330, dt.UTC)
    signed = signing.headers(SECRET, key="msg_p5jXN8AQM9LWM0D4loKWxJek", at=at, body=b'{"test": 2432232314}')
    assert signed == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_what_was_changed_on_the_way_is_not_ours(shop, program, their_site):
    their_site.secret = signing.new_secret()
    happen(shop, "A")
    deliver_due(at=NOW)
    assert [one.is_ours for one in their_site.came] == [False]


def test_many_messages_go_a_few_at_a_time_and_all_of_them_in_one_round(shop, program, their_site):
    happen(shop, *(f"Nr {number:02}" for number in range(23)))
    assert deliver(program.pk, at=NOW) == delivering.AT_A_TIME == 10
    assert deliver_due(at=NOW) == 13
    slugs = [one.told["resource"].rsplit("/", 1)[1] for one in their_site.came]
    assert slugs == sorted(slugs)


# ---------------------------------------------------------------- what fails


@pytest.mark.parametrize(
    ("status", "fault"), [(500, "server_error"), (429, "server_error"), (302, "sent_on"), (304, "sent_on")]
)
def test_while_a_server_fails_all_that_follows_waits_with_growing_pauses(shop, program, their_site, status, fault):
    happen(shop, "A", "B")
    at = NOW
    their_site.answers = [status] * len(PAUSES)
    for pause in PAUSES:
        assert deliver_due(at=at) == 0
        assert deliver_due(at=at + pause - MINUTE / 2) == 0
        assert (state(program).fault, program.next_try_at) == (fault, at + pause)
        at += pause
    assert list(PAUSES) == sorted(PAUSES)
    assert dt.timedelta(hours=44) < at - NOW < dt.timedelta(hours=52)
    assert deliver_due(at=at) == 2
    ids = [one.id for one in their_site.came]
    assert len(set(ids)) == 2
    assert ids == [ids[0]] * (len(PAUSES) + 1) + [ids[-1]]
    assert {one.body for one in their_site.came if one.id == ids[0]} == {their_site.came[0].body}
    assert (state(program).failures, program.fault) == (0, "")


def test_a_message_that_is_refused_lets_the_others_pass_and_is_given_up_by_itself(shop, program, their_site):
    happen(shop, "A", "B")
    their_site.answers = [400]
    assert deliver_due(at=NOW) == 0
    refused = program.deliveries.order_by("pk")[0]
    assert (refused.answer, refused.fault, refused.due_at) == (400, Fault.REFUSED, NOW + PAUSES[0])
    # When the address may be tried again it is for the other one; the refused one comes after it, and waits longer.
    at = NOW + PAUSES[0]
    their_site.answers = [200, 400]
    assert deliver_due(at=at) == 1
    assert [one.arrived_at for one in program.deliveries.order_by("pk")] == [None, at]
    assert state(refused).due_at == at + PAUSES[1]
    # What comes meanwhile passes too.
    at += PAUSES[1]
    happen(shop, "C")
    their_site.answers = [200, 400]
    assert deliver_due(at=at) == 1
    refused.refusals, refused.due_at = len(PAUSES), at + HOUR
    refused.save()
    their_site.answers = [422]
    deliver_due(at=at + HOUR)
    assert state(refused).given_up_at == at + HOUR
    assert state(program).off_at is None


def test_who_fails_for_two_days_is_switched_off_and_the_publishers_get_a_letter(shop, program, their_site):
    people = [factories.publisher(of=shop.organisation, email=f"{name}@inloop.example") for name in ("a", "b")]
    factories.publisher(of=factories.organisation(slug="hub"))
    happen(shop, "A", "B")
    their_site.answers = [503] * (len(PAUSES) + 1)
    at = NOW
    for pause in (*PAUSES, HOUR):
        deliver_due(at=at)
        at += pause
    off_at = at - HOUR
    assert (state(program).off_at, program.fault) == (off_at, Fault.SERVER_ERROR)
    assert sorted(letter.user.email for letter in Letter.objects.all()) == [one.email for one in people]
    assert AuditEntry.objects.get(what="subscription_switched_off").organisation == shop.organisation
    # Nothing is sent, and of what happens now nothing is written.
    happen(shop, "C")
    assert deliver_due(at=at + DAY) == 0
    assert program.deliveries.count() == 2

    assert post.deliver_due(at=off_at) == 2
    assert "127.0.0.1 (Shop): Bij de ontvanger gaat iets mis." in mail.outbox[0].body
    assert "private-8d3f0c" not in mail.outbox[0].body + mail.outbox[0].alternatives[0].content

    managing.switch_on(program, at=at)
    assert deliver_due(at=at) == 2
    # A letter that is still to go is not wanted any more.
    Letter.objects.update(sent_at=None, handed_over_at=None, due_at=at)
    post.deliver_due(at=at)
    assert (len(mail.outbox), Letter.objects.count()) == (2, 0)


def test_without_a_publisher_the_coordinators_get_it_and_410_ends_it_at_once(shop, program, their_site):
    factories.coordinator()
    their_site.answers = [410]
    happen(shop, "A")
    deliver_due(at=NOW)
    assert (state(program).off_at, program.fault) == (NOW, Fault.GONE)
    assert [letter.user.email for letter in Letter.objects.all()] == ["coordinator@inloop.example"]


def test_what_nobody_tries_is_seen_by_who_watches(shop, program):
    happen(shop, "A")
    assert not Delivery.objects.overdue_at(NOW - MINUTE).exists()
    assert Delivery.objects.overdue_at(NOW).exists()
    # Who waits for the next try is not late, nor is who is switched off.
    Subscription.objects.update(next_try_at=NOW + HOUR)
    assert not Delivery.objects.overdue_at(NOW).exists()
    Subscription.objects.update(next_try_at=NOW, off_at=NOW)
    assert not Delivery.objects.overdue_at(NOW).exists()


def test_one_that_fails_holds_up_no_other(shop, program, their_site):
    dead = factories.subscription(of=shop.organisation, address="http://127.0.0.1:1/x")
    happen(shop, "A")
    assert deliver_due(at=NOW) == 1
    assert state(dead).fault == Fault.UNREACHABLE


def test_with_another_key_of_the_site_nothing_is_signed_and_a_new_secret_helps(shop, program, their_site, settings):
    settings.SECRET_KEY = "another"
    happen(shop, "A")
    assert deliver_due(at=NOW) == 0
    assert state(program).fault == Fault.UNSIGNED
    assert their_site.came == []
    their_site.secret = managing.renew_secret(program, at=NOW)
    assert deliver_due(at=NOW + HOUR) == 1
    assert [one.is_ours for one in their_site.came] == [True]


def test_what_breaks_down_is_logged_without_the_address(shop, program, their_site, monkeypatch, caplog):
    monkeypatch.setattr(delivering, "post", lambda address, *args, **kwargs: {}[address])
    happen(shop, "A")
    assert deliver_due(at=NOW) == 0
    assert state(program).fault == Fault.BROKE_DOWN
    assert "broke down: KeyError" in caplog.text
    assert "private-8d3f0c" not in caplog.text


# ---------------------------------------------------------------- what a person does


def test_a_new_secret_overlaps_with_the_former_one_for_a_day(shop, program, their_site):
    new = managing.renew_secret(program, at=NOW)
    assert new != SECRET
    assert delivering.forget(at=NOW + DAY - MINUTE) == 0
    for after, known in ((HOUR, (SECRET, new)), (DAY - MINUTE, (SECRET, new)), (DAY, (new,))):
        happen(shop, f"After {after}")
        deliver_due(at=NOW + after)
        [came] = their_site.came
        their_site.came.clear()
        at = int(came.headers["webhook-timestamp"])
        for secret in (SECRET, new):
            assert is_ours(secret, came, at) == (secret in known)
    delivering.forget(at=NOW + DAY)
    assert state(program).former_locked_secret == ""


def is_ours(secret, came, at):
    key, signed = came.id, dt.datetime.fromtimestamp(at, dt.UTC)
    one = signing.signature(secret, key=key, at=signed, body=came.body)
    return one in came.headers["webhook-signature"].split(" ")


def test_one_that_arrived_is_sent_again_with_the_same_id(shop, program, their_site, monkeypatch):
    happen(shop, "A")
    deliver_due(at=NOW)
    managing.send_again(program.deliveries.get(), at=NOW + HOUR)
    monkeypatch.setattr(delivering, "now", lambda: NOW + HOUR)
    assert deliver_due(at=NOW + HOUR) == 1
    first, again = their_site.came
    assert (again.id, again.body) == (first.id, first.body)
    assert again.headers["webhook-timestamp"] == str(int((NOW + HOUR).timestamp()))
    assert program.deliveries.get().attempts == 2


def test_a_test_goes_also_during_a_pause_and_tells_of_nothing(shop, program, their_site):
    their_site.answers = [500]
    happen(shop, "A")
    deliver_due(at=NOW)
    managing.send_test(program, at=NOW)
    assert deliver_due(at=NOW) == 2
    assert their_site.kinds == ["activity.published", "activity.published", "subscription.tested"]


def test_what_is_switched_off_takes_no_test(shop, program):
    program.off_at = NOW
    program.save()
    with pytest.raises(RuleViolation, match="staat uit"):
        managing.send_test(program, at=NOW)
    assert not Delivery.objects.exists()


def test_the_trail_tells_who_did_it_and_neither_the_secret_nor_the_whole_address(shop, program, their_site):
    person = factories.publisher(of=shop.organisation)
    with acting(lambda: person):
        secret = managing.renew_secret(program, at=NOW)
        managing.remove(program, at=NOW)
    told = json.dumps(list(AuditEntry.objects.values()), default=str)
    assert [one.by for one in AuditEntry.objects.filter(of_kind="activities.subscription")] == [person] * 2
    assert not any(hidden in told for hidden in (secret, SECRET, "private-8d3f0c"))
    assert secret not in state(factories.subscription(of=shop.organisation)).locked_secret


def test_an_organisation_has_ten_at_most_and_each_address_once(shop, trusting):
    for number in range(10):
        managing.add(Subscription(organisation=shop.organisation, address=f"http://127.0.0.1:{number + 1}/"), at=NOW)
    for address, sentence in (("http://127.0.0.1:1", "krijgt al"), ("http://127.0.0.1:11", "hoogstens tien")):
        with pytest.raises(RuleViolation, match=sentence):
            managing.add(Subscription(organisation=shop.organisation, address=address), at=NOW)
    assert Subscription.objects.count() == 10


# ---------------------------------------------------------------- how long


def test_messages_are_forgotten_after_thirty_days_by_housekeeping(shop, program, their_site):
    happen(shop, "A")
    managing.send_test(program, at=NOW + DAY)
    assert keep_house(at=NOW + 30 * DAY, is_noted=False)["messages forgotten"] == 0
    assert keep_house(at=NOW + 30 * DAY + MINUTE, is_noted=False)["messages forgotten"] == 1
    assert [one.kind for one in program.deliveries.all()][-1] == "subscription.tested"


# ---------------------------------------------------------------- whatever happens


class Killed(BaseException):
    """The worker, right after its message left."""


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["happens", "killed", "lost on the way", "again"]),
            st.tuples(st.just("sent"), st.lists(st.sampled_from([204, 204, 204, 500, 503, 429]), max_size=4)),
        ),
        max_size=25,
    )
)
def test_whatever_fails_each_message_arrives_with_its_own_id_and_the_first_times_are_in_order(shop, story):
    Subscription.objects.all().delete()
    program = factories.subscription(of=shop.organisation)
    at, arrived, answers = NOW, [], []

    def receive(address, body, *, headers):
        answer = answers.pop(0) if answers else 204
        if answer == "lost on the way":
            raise Unusable("interrupted")
        if answer != 500:
            arrived.append((headers["webhook-id"], body))
        if answer == "killed":
            raise Killed
        return answer

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delivering, "post", receive)
        for act in [*story, "well"]:
            at += CLAIMED_FOR
            managing.switch_on(program, at=at)  # where it has failed for two days
            if act == "happens":
                managing.send_test(program, at=at)
            elif act == "again" and arrived:
                managing.send_again(program.deliveries.earliest("pk"), at=at)
            elif act == "well":
                answers.clear()
            else:
                answers[:] = [act] if isinstance(act, str) else list(act[1])
            try:
                deliver_due(at=at)
            except Killed:
                # Nobody else sends it meanwhile.
                assert deliver_due(at=at + CLAIMED_FOR - MINUTE) == 0
        deliver_due(at=at + max(PAUSES))
    told = [(str(one.key), one.body.encode()) for one in program.deliveries.order_by("pk")]
    assert list(dict.fromkeys(arrived)) == told
    assert not program.deliveries.waiting().exists()


def test_a_change_is_not_held_up_by_a_program_that_is_taken_away(shop, program, club):
    managing.remove(program, at=NOW)
    publishing.archive(club, at=NOW)
    assert not Delivery.objects.exists()
