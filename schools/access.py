"""Who may do what, and where: the roles of a person, read once per request."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from schools.models import User


class Role(models.TextChoices):
    YOUTH_WORKER = "youth_worker", _("youth worker")
    PUBLISHER = "publisher", _("publisher")
    COORDINATOR = "coordinator", _("coordinator")


@dataclass(frozen=True)
class Roles:
    """What `for_user` asks. Ids are database keys and never leave the server."""

    is_coordinator: bool
    publishes_for: frozenset[int]  # organisations
    works_at: frozenset[int]  # locations
    works_for: frozenset[int]  # organisations of those locations

    @property
    def is_publisher(self) -> bool:
        return self.is_coordinator or bool(self.publishes_for)

    @property
    def is_youth_worker(self) -> bool:
        return self.is_coordinator or bool(self.works_at)

    @property
    def is_staff(self) -> bool:
        return self.is_publisher or self.is_youth_worker

    @cached_property
    def reads_totals_of(self) -> frozenset[int]:
        """Organisations whose exact figures this person sees; a coordinator sees all."""
        return self.publishes_for | self.works_for

    def only_publishing_for(self, organisation: int) -> "Roles":
        """What is left of these for a program that publishes for one organisation."""
        may = self.is_coordinator or organisation in self.publishes_for
        return replace(NOBODY, publishes_for=frozenset([organisation] if may else []))


NOBODY = Roles(is_coordinator=False, publishes_for=frozenset(), works_at=frozenset(), works_for=frozenset())


def roles_of(user: "User") -> Roles:
    """One query. An administrator has every role."""
    if not user.is_active:
        return NOBODY
    rows = list(user.memberships.values_list("role", "organisation_id", "location_id", "location__organisation_id"))
    return Roles(
        is_coordinator=user.is_superuser or any(row[0] == Role.COORDINATOR for row in rows),
        publishes_for=frozenset(row[1] for row in rows if row[0] == Role.PUBLISHER and row[1]),
        works_at=frozenset(row[2] for row in rows if row[0] == Role.YOUTH_WORKER and row[2]),
        works_for=frozenset(row[3] for row in rows if row[0] == Role.YOUTH_WORKER and row[3]),
    )
