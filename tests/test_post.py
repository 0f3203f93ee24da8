"""A letter goes once; it is tried again where that makes sense, and seen where it does not."""

import datetime as dt
from functools import partial

import pytest
from django.core import mail
from django.db import OperationalError, connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from attendance import digests
from attendance.housekeeping import keep_house
from config.mailing import mailer
from schools import post, queue
from schools.models import Letter, LetterKind, Problem
from schools.post import PAUSES, Outcome
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, day, moment
from tests.mailboxes import at_port, mail_server
from tests.test_checkin_race import at_once

MONDAY = moment("2026-11-30T07:00")
WEEK_BEFORE = day("2026-11-23")


@pytest.fixture
def reader(db):
    person = factories.coordinator()
    digests.choose(person, language="nl", at=MONDAY)
    return person


@pytest.fixture
def letter(reader):
    post.queue_digest(to=reader, week=WEEK_BEFORE, at=MONDAY)
    return Letter.objects.get()


def state(letter):
    letter.refresh_from_db()
    return letter


def test_a_letter_goes_once_and_says_when(letter):
    assert post.deliver(letter.pk, at=MONDAY) == Outcome.SENT
    assert post.deliver(letter.pk, at=MONDAY + DAY) == Outcome.NOT_OURS
    [message] = mail.outbox
    assert message.to == ["coordinator@inloop.example"]
    assert state(letter).sent_at == MONDAY
    assert not Letter.objects.in_trouble_at(MONDAY + DAY).exists()


def test_a_folder_for_letters_that_cannot_be_written_is_seen_and_tried_again(letter, tmp_path, settings):
    (tmp_path / "file").touch()
    settings.MAILERS = {"default": mailer(f"filemail://{tmp_path}/file/mail")}
    assert post.deliver(letter.pk, at=MONDAY) == Outcome.NO_SERVER
    assert state(letter).problem == Problem.NO_SERVER
    settings.MAILERS = {"default": mailer(f"filemail://{tmp_path}/mail")}
    assert post.deliver(letter.pk, at=MONDAY + MINUTE) == Outcome.SENT


@pytest.mark.django_db(transaction=True)  # the worker has a connection of its own
def test_nothing_is_sent_in_the_transaction_that_queues_it_nor_if_that_fails(reader):
    with transaction.atomic():
        post.queue_digest(to=reader, week=WEEK_BEFORE, at=MONDAY)
        transaction.set_rollback(True)
    queue.work_off()
    assert not DBTaskResult.objects.exists()
    post.queue_digest(to=reader, week=WEEK_BEFORE, at=moment("2026-11-23T07:00"))
    assert mail.outbox == []
    queue.work_off()
    assert len(mail.outbox) == 1


def test_a_task_whose_worker_died_comes_round_again(letter):
    task = DBTaskResult.objects.get()
    task.claim("a worker that is dead")
    started = task.started_at
    assert queue.revive(at=started + queue.LOST_AFTER) == 0
    assert queue.revive(at=started + queue.LOST_AFTER + MINUTE) == 1
    assert DBTaskResult.objects.get().status == "READY"
    task.set_successful(None)
    assert queue.forget(at=task.finished_at + queue.FORGOTTEN_AFTER) == 0
    assert queue.forget(at=task.finished_at + queue.FORGOTTEN_AFTER + MINUTE) == 1


@pytest.mark.django_db(transaction=True)  # the worker has a connection of its own
def test_a_letter_whose_task_broke_down_is_queued_again_by_the_hourly_work_of_a_worker(reader, monkeypatch):
    def locked(*_args, **_options):
        raise OperationalError("database is locked")

    at = moment("2026-11-23T07:00")
    post.queue_digest(to=reader, week=day("2026-11-16"), at=at)
    assert post.queue_due(at=at) == 0  # its task is there
    with monkeypatch.context() as patched:
        patched.setattr(post, "_claim", locked)
        queue.work_off()
    assert (DBTaskResult.objects.get().status, mail.outbox) == ("FAILED", [])
    assert keep_house(at=at + HOUR, has_queue=True)["letters queued"] == 1
    assert post.queue_due(at=at + HOUR) == 0
    queue.work_off()
    assert (len(mail.outbox), post.queue_due(at=at + DAY)) == (1, 0)


def test_looking_for_what_is_in_no_line_costs_as_much_for_many_letters_as_for_one(letter):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert post.queue_due(at=MONDAY) == 0
        return len(queries)

    few = cost()
    for number in range(1, 4):
        post.queue_digest(to=letter.user, week=WEEK_BEFORE - number * dt.timedelta(days=7), at=MONDAY)
    assert cost() == few == 2


@pytest.mark.parametrize("answers", [{"RCPT": "451 later"}, {"DATA": "421 busy"}, None], ids=["later", "busy", "none"])
def test_it_is_tried_again_with_growing_pauses_and_then_given_up(letter, answers):
    at = MONDAY
    with mail_server() as server, override_settings(**({} if answers else {"MAILERS": at_port(1)})):
        server.answers = answers or {}
        for pause in PAUSES:
            assert post.deliver(letter.pk, at=at) in (Outcome.PUT_OFF, Outcome.NO_SERVER)
            assert post.deliver(letter.pk, at=at + pause - MINUTE / 2) == Outcome.NOT_OURS
            assert state(letter).problem == (Problem.BUSY if answers else Problem.NO_SERVER)
            assert not letter.is_in_trouble(at=at)
            at += pause
        assert list(PAUSES) == sorted(PAUSES)
        # One task for each of these, for no sooner than its pause is over.
        assert DBTaskResult.objects.count() == 1 + len(PAUSES)
        assert DBTaskResult.objects.latest("run_after").run_after == at
        post.deliver(letter.pk, at=at)
        assert post.deliver(letter.pk, at=at + DAY) == Outcome.NOT_OURS
        assert server.letters == []
    assert state(letter).failed_at == at
    assert list(Letter.objects.in_trouble_at(at)) == [letter]


def test_an_address_that_does_not_exist_is_given_up_at_once_and_a_person_may_try_again(letter):
    with mail_server() as server:
        server.answers = {"RCPT": "550 no such person"}
        assert post.deliver(letter.pk, at=MONDAY) == Outcome.FAILED
        assert state(letter).problem == Problem.REFUSED
        server.answers = {}
        assert post.deliver_due(at=MONDAY + HOUR) == 0
        post.send_again(letter, at=MONDAY + HOUR)
        assert post.deliver_due(at=MONDAY + HOUR) == 1
        assert "Message-ID: <letter-" in server.letters[0]
    assert state(letter).sent_at == MONDAY + HOUR
    with pytest.raises(RuleViolation, match="al verstuurd"):
        post.send_again(letter, at=MONDAY + DAY)


def test_where_the_line_breaks_after_the_letter_nobody_can_tell_so_it_is_not_sent_twice_by_itself(letter):
    with mail_server() as server:
        server.answers = {".": ""}
        assert post.deliver(letter.pk, at=MONDAY) == Outcome.UNSURE
        server.answers = {}
        assert post.deliver_due(at=MONDAY + DAY) == 0
        assert len(server.letters) == 1
    assert list(Letter.objects.in_trouble_at(MONDAY)) == [letter]
    assert state(letter).problem == Problem.UNSURE


def test_without_a_server_the_letters_that_follow_keep_their_attempts(letter):
    other = factories.coordinator(email="other@inloop.example")
    digests.choose(other, language="nl", at=MONDAY)
    post.queue_digest(to=other, week=WEEK_BEFORE, at=MONDAY)
    with override_settings(MAILERS=at_port(1)):
        assert post.deliver_due(at=MONDAY) == 0
    assert sorted(Letter.objects.values_list("attempts", flat=True)) == [0, 1]


def test_a_letter_that_cannot_be_written_is_put_off_and_stops_no_other(letter, monkeypatch):
    monkeypatch.setattr("attendance.digests._figures", lambda *args, **kwargs: 1 / 0)
    assert post.deliver(letter.pk, at=MONDAY) == Outcome.PUT_OFF
    assert state(letter).problem == Problem.UNWRITTEN


def test_letters_are_forgotten_after_a_quarter_of_a_year(letter):
    assert post.forget(at=MONDAY + post.FORGOTTEN_AFTER) == 0
    assert post.forget(at=MONDAY + post.FORGOTTEN_AFTER + MINUTE) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_sends_it():
    person = factories.coordinator()
    digests.choose(person, language="nl", at=MONDAY)
    for number in range(15):
        week = WEEK_BEFORE - number * dt.timedelta(weeks=1)
        made = at_once(*(partial(post.queue_digest, to=person, week=week, at=MONDAY) for _ in range(4)))
        assert sorted(made) == [False, False, False, True]
        [pk] = Letter.objects.filter(week=week).values_list("pk", flat=True)
        sent = at_once(*(partial(post.deliver, pk, at=MONDAY) for _ in range(4)))
        assert sorted(one.value for one in sent) == ["not ours"] * 3 + ["sent"]
        assert len(mail.outbox) == number + 1
    assert Letter.objects.filter(kind=LetterKind.DIGEST, sent_at=MONDAY).count() == 15
