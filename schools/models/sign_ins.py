import datetime as dt

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models
from django.utils.translation import gettext_lazy as _

from schools.models.people import User


class Browser(models.TextChoices):
    """As much of it as somebody needs to know their own again."""

    CHROME = "chrome", "Chrome"
    EDGE = "edge", "Edge"
    FIREFOX = "firefox", "Firefox"
    SAFARI = "safari", "Safari"
    SAMSUNG = "samsung", "Samsung Internet"
    OTHER = "other", _("Another browser")


class SignInQuerySet(models.QuerySet["SignIn"]):
    def for_user(self, user: User) -> "SignInQuerySet":
        """Everybody's own, for coordinators too."""
        return self.filter(user=user)

    def open_at(self, moment: dt.datetime) -> "SignInQuerySet":
        """Those that still let somebody in. Each sign of life puts off the end of a session's row."""
        idle = dt.timedelta(seconds=settings.SESSION_COOKIE_AGE, minutes=-settings.SESSION_IDLE_MINUTES)
        return self.filter(
            session__expire_date__gt=moment + idle,
            begun_at__gt=moment - dt.timedelta(hours=settings.SESSION_HOURS),
        )

    def newest_first(self) -> "SignInQuerySet":
        return self.order_by("-begun_at", "-pk")

    def end(self) -> int:
        """At once: their sessions are gone, and these rows with them. Returns how many."""
        ended: dict[str, int] = Session.objects.filter(pk__in=list(self.values_list("session", flat=True))).delete()[1]
        return ended.get(Session._meta.label, 0)


class SignIn(models.Model):
    """That somebody signed in with a browser. It goes with the session, and says neither where nor what was done."""

    # Its key opens the desk: it is shown on no page.
    session = models.OneToOneField(Session, models.CASCADE, related_name="+", editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ins", editable=False)
    begun_at = models.DateTimeField(editable=False)
    browser = models.CharField(max_length=10, choices=Browser, editable=False)
    is_handheld = models.BooleanField(editable=False)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        ordering = ("user", "begun_at", "pk")

    def __str__(self) -> str:
        where = _("on a phone or tablet") if self.is_handheld else _("on a computer")
        return f"{self.get_browser_display()} {where}"
