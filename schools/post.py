"""Letters by e-mail: queued, sent once, tried again with growing pauses, and seen when they fail.

A letter is claimed before it is tried, so that of two workers one sends it. Right before it goes to the mail server
that is written down: whoever dies after that has perhaps sent it. Then a person decides, for nobody can tell.
"""

import datetime as dt
import logging
import smtplib
import uuid
from contextlib import suppress
from enum import Enum

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, InvalidMailer, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.tasks import task
from django.template.loader import render_to_string
from django.utils.module_loading import import_string
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from schools import acts, audit
from schools.models import Letter, LetterKind, Problem, User
from schools.queue import in_line
from schools.rules import RuleViolation
from schools.writers import WRITERS

log = logging.getLogger(__name__)

_MINUTE, _HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
# After each attempt that failed; after the last one it is given up.
PAUSES = (_MINUTE, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 8 * _HOUR)
# Longer than any attempt: then who took it is dead.
CLAIMED_FOR = dt.timedelta(minutes=10)
FORGOTTEN_AFTER = dt.timedelta(days=90)


class Outcome(Enum):
    SENT = "sent"
    PUT_OFF = "put off"
    FAILED = "failed"
    NO_SERVER = "no server"
    UNSURE = "unsure"
    NOT_WANTED = "not wanted"
    NOT_OURS = "not ours"  # sent already, not due, or somebody else has it


# ---------------------------------------------------------------- queued


def queue(kind: LetterKind, *, to: User, at: dt.datetime) -> Letter:
    """A letter that goes once the transaction is over; nothing is sent here. A digest: see `queue_digest`."""
    letter = Letter.objects.create(kind=kind, user=to, queued_at=at, due_at=at)
    _enqueue(letter)
    return letter


@transaction.atomic
def queue_digest(*, to: User, week: dt.date, at: dt.datetime) -> bool:
    """One for each person and week, whoever asks how often; whether this made it."""
    letter, is_new = Letter.objects.get_or_create(
        kind=LetterKind.DIGEST, user=to, week=week, defaults={"queued_at": at, "due_at": at}
    )
    if is_new:
        _enqueue(letter)
    return is_new


@transaction.atomic
def send_again(letter: Letter, *, at: dt.datetime | None = None) -> None:
    """For one that failed, or that perhaps did not arrive. Raises RuleViolation not_in_trouble."""
    at = at or now()
    reset = {"failed_at": None, "handed_over_at": None, "attempts": 0, "problem": "", "due_at": at}
    if not Letter.objects.in_trouble_at(at).filter(pk=letter.pk).update(**reset):
        raise RuleViolation("not_in_trouble", _("This letter is sent already, or it is being sent."))
    letter.due_at = at
    _enqueue(letter)
    audit.record(acts.LETTER_SENT_AGAIN, of=letter.user, at=at)


def _enqueue(letter: Letter) -> None:
    # The queue is in the same database: its row is seen when this transaction is over, and never if it fails.
    deliver_letter.using(run_after=letter.due_at).enqueue(str(letter.pk))


# ---------------------------------------------------------------- sent


@task
def deliver_letter(pk: str) -> str:
    return deliver(uuid.UUID(pk)).value


def deliver_due(*, at: dt.datetime) -> int:
    """Everything that should have gone by now, also where no worker runs; how many went."""
    sent = 0
    for pk in Letter.objects.due_by(at).order_by("due_at", "pk").values_list("pk", flat=True):
        outcome = deliver(pk, at=at)
        sent += outcome == Outcome.SENT
        if outcome == Outcome.NO_SERVER:
            break  # nor will the others find one: they keep their attempts
    return sent


def queue_due(*, at: dt.datetime) -> int:
    """What is due and in no line: its task broke down, such as with the database. Returns how many. Two queries where
    there is none."""
    there = in_line(deliver_letter, at=at)
    lost = [letter for letter in Letter.objects.due_by(at).order_by("due_at", "pk") if str(letter.pk) not in there]
    for letter in lost:
        _enqueue(letter)
    return len(lost)


def deliver(pk: uuid.UUID, *, at: dt.datetime | None = None) -> Outcome:
    """Try it, once. Safe to repeat, and to run twice at once."""
    at = at or now()
    letter = _claim(pk, at=at)
    if letter is None:
        return Outcome.NOT_OURS
    try:
        message = import_string(WRITERS[letter.kind])(letter, at=at)
    except Exception:
        log.exception("letter %s could not be written", letter.pk)
        return _put_off(letter, Problem.UNWRITTEN, at=at)
    if message is None:
        letter.delete()
        return Outcome.NOT_WANTED
    try:
        mailer = mailers.default
        mailer.open()
    # Letters that stay in files need a folder that can be written.
    except (OSError, InvalidMailer) as error:
        _log(letter, error)
        _put_off(letter, Problem.NO_SERVER, at=at)
        return Outcome.NO_SERVER
    try:
        return _hand_over(letter, message, mailer, at=at)
    finally:
        # What a server says at the end changes nothing of what it took.
        with suppress(OSError):
            mailer.close()


def _claim(pk: uuid.UUID, *, at: dt.datetime) -> Letter | None:
    """Ours for ten minutes, or None. Every attempt has a number, and only the last one may go on."""
    claimed = Letter.objects.due_by(at).filter(pk=pk).update(attempts=F("attempts") + 1, due_at=at + CLAIMED_FOR)
    return Letter.objects.select_related("user").get(pk=pk) if claimed else None


def _hand_over(
    letter: Letter, message: EmailMultiAlternatives, mailer: BaseEmailBackend, *, at: dt.datetime
) -> Outcome:
    if not _note(letter, handed_over_at=at):
        return Outcome.NOT_OURS
    try:
        mailer.send_messages([message])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError) as error:
        # It said no, so it has not taken it.
        _log(letter, error)
        is_final = _code(error) >= 500
        return _put_off(letter, Problem.REFUSED if is_final else Problem.BUSY, at=at, is_final=is_final)
    except ValueError as error:
        # Not an address, or not a subject, that a letter can have: it never left.
        _log(letter, error)
        return _put_off(letter, Problem.REFUSED, at=at, is_final=True)
    except OSError as error:
        _log(letter, error)
        _note(letter, problem=Problem.UNSURE, due_at=at)
        return Outcome.UNSURE
    _note(letter, sent_at=at, problem="")
    return Outcome.SENT


def _put_off(letter: Letter, problem: Problem, *, at: dt.datetime, is_final: bool = False) -> Outcome:
    if is_final or letter.attempts > len(PAUSES):
        _note(letter, problem=problem, handed_over_at=None, failed_at=at)
        return Outcome.FAILED
    letter.due_at = at + PAUSES[letter.attempts - 1]
    with transaction.atomic():
        if _note(letter, problem=problem, handed_over_at=None, due_at=letter.due_at):
            _enqueue(letter)
    return Outcome.PUT_OFF


def _note(letter: Letter, **values: object) -> bool:
    """Written down, unless a later attempt has taken it over."""
    return bool(Letter.objects.filter(pk=letter.pk, attempts=letter.attempts, sent_at=None).update(**values))


def _code(error: Exception) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _reason in error.recipients.values())
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 500


def _log(letter: Letter, error: Exception) -> None:
    # Without what it says: that has addresses in it.
    log.warning("letter %s: %s", letter.pk, type(error).__name__)


def forget(*, at: dt.datetime) -> int:
    return Letter.objects.filter(queued_at__lt=at - FORGOTTEN_AFTER).delete()[0]


# ---------------------------------------------------------------- written


def write(
    template: str, context: dict[str, object], *, letter: Letter, subject: str, edition: str = ""
) -> EmailMultiAlternatives:
    """Text and HTML, in the language of the moment.

    Mailboxes show what has the same id once. So a letter has one id however often it is sent, unless each time
    it says something new: then that is its edition.
    """
    town = {"town_name": settings.TOWN_NAME, "programme_name": settings.PROGRAMME_NAME, "base_url": settings.BASE_URL}
    context = {**town, **context, "subject": subject}
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"{template}.txt", context),
        to=[letter.user.email],
        headers={
            "Message-ID": f"<letter-{letter.pk}{edition}@{settings.BASE_HOST}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return message
