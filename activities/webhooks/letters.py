"""The letter to publishers when an address of theirs was switched off."""

import datetime as dt

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import translation

from activities.models import Subscription
from schools import post
from schools.models import Letter


def write(letter: Letter, *, at: dt.datetime) -> EmailMultiAlternatives | None:
    """As it is now; None where all are on again, or where it is not this person's business any more."""
    off = Subscription.objects.for_user(letter.user).exclude(off_at=None).select_related("organisation")
    rows = list(off.order_by("organisation__name", "created_at", "pk"))
    if not rows:
        return None
    with translation.override(settings.LANGUAGE_CODE):
        subject = translation.gettext("An address is not told of changes any more")
        context: dict[str, object] = {
            "rows": rows,
            "language": settings.LANGUAGE_CODE,
            "link": f"{settings.BASE_URL}{reverse('desk:subscriptions')}",
        }
        return post.write("activities/mail/subscription_off", context, letter=letter, subject=subject)
