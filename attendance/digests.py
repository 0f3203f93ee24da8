"""The figures of the week by mail, on Monday, for who asked for them: what the desk shows to that person."""

import datetime as dt

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import now

from activities.weeks import AMSTERDAM, WEEK, label, week_of
from activities.wording import week_days
from attendance.disclosure import disclosed_totals
from attendance.questions import Question
from schools import post
from schools.models import DigestSubscription, Letter, LetterKind, User

# On Monday, before people start work; phones have had the night to deliver.
FROM = dt.time(6)


def choose(person: User, *, language: str, at: dt.datetime | None = None) -> None:
    """From now on, in this language. Safe to repeat."""
    chosen = {"language": language, "chosen_at": at or now()}
    DigestSubscription.objects.update_or_create(user=person, defaults={"language": language}, create_defaults=chosen)


def stop(person: User) -> None:
    """Also for a letter that is queued already. Safe to repeat."""
    DigestSubscription.objects.filter(user=person).delete()


def queue_all(*, at: dt.datetime) -> int:
    """A letter about the week that is just over for everybody who wants one, on Mondays; how many were made.

    One for each person and week, however often and by how many this is called.
    """
    local = at.astimezone(AMSTERDAM)
    if local.weekday() != 0 or local.time() < FROM:
        return 0
    monday = week_of(at) - WEEK
    have = Letter.objects.filter(kind=LetterKind.DIGEST, week=monday).order_by().values("user")
    wanting = User.objects.filter(digest__isnull=False, is_active=True).exclude(pk__in=have).order_by("pk")
    return sum(post.queue_digest(to=person, week=monday, at=at) for person in wanting)


def write(letter: Letter, *, at: dt.datetime) -> EmailMultiAlternatives | None:
    """As the figures are now; None for who does not want it any more, or may not read a figure any more."""
    wanted = DigestSubscription.objects.filter(user=letter.user_id).first()
    if wanted is None or not letter.user.roles.is_staff:
        return None
    assert letter.week
    with translation.override(wanted.language):
        context = _figures(letter.week, reader=letter.user, at=at)
        subject = translation.gettext("Figures of week %(number)s: %(days)s") % {
            "number": letter.week.isocalendar().week,
            "days": week_days(letter.week),
        }
        context |= {
            "language": wanted.language,
            "link": f"{settings.BASE_URL}{reverse('desk:home')}?week={label(letter.week)}",
            "choice": f"{settings.BASE_URL}{reverse('desk:digest')}",
        }
        return post.write("attendance/mail/digest", context, letter=letter, subject=subject)


def _figures(monday: dt.date, *, reader: User, at: dt.datetime) -> dict[str, object]:
    [before, total] = disclosed_totals(Question(first=monday - WEEK, last=monday), reader=reader, at=at)
    by_location = Question(first=monday, last=monday, group_by="location")
    return {
        "total": total,
        "before": before,
        "rows": disclosed_totals(by_location, reader=reader, at=at),
        "reader": reader,
    }
