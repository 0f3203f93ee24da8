import uuid
from functools import cached_property
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from schools.access import Role, Roles, roles_of
from schools.models.places import Location, Organisation


class UserManager(BaseUserManager["User"]):
    def for_user(self, user: "User") -> "models.QuerySet[User]":
        """Those whom this person looks after."""
        return self.all() if user.roles.is_coordinator else self.none()

    def looking_after_people(self) -> "models.QuerySet[User]":
        """Administrators and coordinators."""
        coordinating = Membership.objects.filter(role=Role.COORDINATOR).order_by().values("user")
        return self.filter(Q(is_superuser=True) | Q(pk__in=coordinating), is_active=True)

    def create_user(self, *, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, *, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email=email, password=password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "User":
        # People type their address in any case.
        return self.get(email__iexact=(username or "").strip())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who works here; visitors have no account."""

    # What stands in addresses; the database's own key leaves the server in none.
    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=100, blank=True)
    is_staff = models.BooleanField(_("may open the administration"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Since when they work here no more, as housekeeping saw it: see `schools.people.forget`.
    removed_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    # Of this request: then there is no role yet, see schools/signin/sessions.py.
    lacks_second_step = False

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ("email", "pk")
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="one_user_per_email_address",
                violation_error_code="email_taken",
                violation_error_message=_("Somebody already signs in with this address."),
            ),
        )

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def name_on_record(self) -> str:
        """For what is kept longer than the account: never the address. In the same words whoever is at work."""
        with translation.override(settings.LANGUAGE_CODE):
            return self.name or translation.gettext("colleague %(reference)s") % {"reference": self.reference}

    def get_short_name(self) -> str:
        return str(self)

    @cached_property
    def roles(self) -> Roles:
        """Read once per object, so once per request. Costs one query."""
        return roles_of(self)


class Membership(models.Model):
    """A role of a person: for one organisation, at one location, or everywhere."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("user"))
    role = models.CharField(_("role"), max_length=20, choices=Role)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="memberships", verbose_name=_("organisation")
    )
    location = models.ForeignKey(
        Location, models.CASCADE, null=True, blank=True, related_name="memberships", verbose_name=_("location")
    )

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ("user", "role", "pk")
        constraints = (
            models.CheckConstraint(
                name="a_role_has_its_own_kind_of_place",
                condition=Q(role=Role.COORDINATOR, organisation=None, location=None)
                | Q(role=Role.PUBLISHER, organisation__isnull=False, location=None)
                | Q(role=Role.YOUTH_WORKER, organisation=None, location__isnull=False),
                violation_error_code="role_without_place",
                violation_error_message=_(
                    "A publisher has an organisation, a youth worker a location, a coordinator neither."
                ),
            ),
            models.UniqueConstraint(
                fields=["user", "organisation"],
                condition=Q(role=Role.PUBLISHER),
                name="publisher_once_per_organisation",
            ),
            models.UniqueConstraint(
                fields=["user", "location"], condition=Q(role=Role.YOUTH_WORKER), name="youth_worker_once_per_location"
            ),
            models.UniqueConstraint(fields=["user"], condition=Q(role=Role.COORDINATOR), name="coordinator_once"),
        )

    def __str__(self) -> str:
        place = self.organisation or self.location
        return f"{self.get_role_display()} · {place}" if place else self.get_role_display()
