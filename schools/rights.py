"""What somebody who works here may do, and who may give that."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from schools.access import Role
from schools.models import Membership, User


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What a person has, or is to have. Ids are database keys and never leave the server."""

    is_administrator: bool = False
    is_coordinator: bool = False
    publishes_for: frozenset[int] = frozenset()  # organisations
    works_at: frozenset[int] = frozenset()  # locations

    @classmethod
    def of(cls, person: User) -> Self:
        """Also of somebody who was invited, whose roles do not count yet."""
        return cls.by(person.memberships.all(), is_administrator=person.is_superuser)

    @classmethod
    def by(cls, memberships: Iterable[Membership], *, is_administrator: bool) -> Self:
        rows = list(memberships)
        return cls(
            is_administrator=is_administrator,
            is_coordinator=any(row.role == Role.COORDINATOR for row in rows),
            publishes_for=frozenset(row.organisation_id for row in rows if row.organisation_id),
            works_at=frozenset(row.location_id for row in rows if row.location_id),
        )

    @property
    def looks_after_people(self) -> bool:
        return self.is_administrator or self.is_coordinator

    def memberships(self, person: User) -> list[Membership]:
        """Unsaved."""
        rows = [Membership(user=person, role=Role.COORDINATOR)] if self.is_coordinator else []
        rows += [Membership(user=person, role=Role.PUBLISHER, organisation_id=pk) for pk in sorted(self.publishes_for)]
        return rows + [Membership(user=person, role=Role.YOUTH_WORKER, location_id=pk) for pk in sorted(self.works_at)]


NOTHING = Rights()


class Refusal(models.TextChoices):
    NOT_A_COORDINATOR = "not_a_coordinator", _("Only a coordinator looks after people.")
    AN_ADMINISTRATOR = "an_administrator", _("Only an administrator can change an administrator.")
    MORE_THAN_OWN = "more_than_own", _("You cannot give rights that you do not have yourself.")
    LAST_ADMINISTRATOR = "last_administrator", _("This is the last administrator. First make somebody else one.")
    LAST_COORDINATOR = "last_coordinator", _("This is the last coordinator. First make somebody else one.")


def refusal_for_managing(
    person: User | None, *, becoming: Rights, by: User, leaving: Collection[User] = ()
) -> Refusal | None:
    """Why `by` may not give this person these rights, or take away what is not among them. Asks the database.

    Coordinators look after everybody but administrators, and administrators after everybody; oneself included, as long
    as somebody is left who can do that, without those who are leaving too. Nobody gives what they have not: a
    coordinator makes coordinators at most.
    """
    if not by.roles.is_coordinator:
        return Refusal.NOT_A_COORDINATOR
    if not by.is_superuser and person and person.is_superuser:
        return Refusal.AN_ADMINISTRATOR
    if not by.is_superuser and becoming.is_administrator:
        return Refusal.MORE_THAN_OWN
    return refusal_as_last(person, becoming=becoming, leaving=leaving) if person else None


def refusal_as_last(person: User, *, becoming: Rights, leaving: Collection[User] = ()) -> Refusal | None:
    """Whoever asks for it, and where nobody does: somebody is left who looks after people."""
    if not person.is_active:
        return None
    others = User.objects.looking_after_people().exclude(pk__in=[one.pk for one in (person, *leaving)])
    if person.is_superuser and not becoming.is_administrator and not others.filter(is_superuser=True).exists():
        return Refusal.LAST_ADMINISTRATOR
    if person.roles.is_coordinator and not becoming.looks_after_people and not others.exists():
        return Refusal.LAST_COORDINATOR
    return None


def in_words(person: User) -> list[str]:
    """The rights of this person as they are now, for the audit trail."""
    rows = person.memberships.select_related("organisation", "location").order_by("role", "pk")
    return [str(_("administrator"))] * person.is_superuser + [str(row) for row in rows]
