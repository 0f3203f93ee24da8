"""What programs of people here send along."""

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schools.models.people import User
from schools.models.places import Organisation
from schools.secrets import digest, new_token

_USED_EVERY = dt.timedelta(minutes=1)


class Scope(models.TextChoices):
    EVERYTHING = "everything", _("everything that this person may do")
    TOTALS = "totals", _("read totals")
    PUBLISH = "publish", _("publish for one organisation")
    DOOR = "door", _("check people in")


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def for_user(self, user: User) -> "AccessTokenQuerySet":
        """Everybody's own."""
        return self.filter(user=user)

    def valid_at(self, moment: dt.datetime) -> "AccessTokenQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=moment), revoked_at=None, user__is_active=True)


class AccessToken(models.Model):
    """What a program of this person's sends along; only its digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="access_tokens", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=100)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    # What it may be used for, of all that the person may do.
    scope = models.CharField(
        _("for what"), max_length=10, choices=Scope, default=Scope.EVERYTHING, db_default=Scope.EVERYTHING
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("organisation")
    )
    used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        ordering = ("user", "created_at", "pk")
        constraints = (
            models.CheckConstraint(
                name="a_token_to_publish_with_is_for_one_organisation",
                condition=Q(scope="publish", organisation__isnull=False) | (~Q(scope="publish") & Q(organisation=None)),
                violation_error_code="organisation_of_token",
                violation_error_message=_("A token to publish with is for one organisation, and no other token is."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @classmethod
    def issue(
        cls,
        *,
        user: User,
        name: str,
        scope: str = Scope.EVERYTHING,
        organisation: Organisation | None = None,
        expires_at: dt.datetime | None = None,
        token: str = "",
    ) -> str:
        """Returns the token: the only moment it can be read. Raises ValidationError."""
        token = token or new_token("user")
        made = cls(
            user=user,
            name=name,
            digest=digest(token),
            scope=scope,
            organisation=organisation,
            expires_at=expires_at,
        )
        made.full_clean()
        made.save(force_insert=True)
        return token

    @property
    def holder(self) -> User:
        """The person, with what this token leaves of their roles."""
        if self.organisation_id:
            self.user.roles = self.user.roles.only_publishing_for(self.organisation_id)
        return self.user

    def allows(self, scope: str | None) -> bool:
        """Whether it may be used where this is asked for; None is asked where everybody may come."""
        return scope is None or self.scope in (Scope.EVERYTHING, scope)

    def note_used(self, *, at: dt.datetime) -> None:
        """Once a minute is enough to see whether somebody uses it."""
        if not self.used_at or at - self.used_at >= _USED_EVERY:
            AccessToken.objects.filter(pk=self.pk).update(used_at=at)

    def revoke(self, *, at: dt.datetime) -> None:
        """At once. The row stays, to be seen. Safe to repeat."""
        AccessToken.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=at)
