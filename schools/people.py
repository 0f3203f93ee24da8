"""Who works here: their rights changed, and they themselves leaving. How they come: `schools.invitations`."""

import datetime as dt
import hashlib
from contextlib import suppress

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from schools import acts, audit
from schools.leaving import tell_left
from schools.models import DigestSubscription, Invitation, Membership, Role, User
from schools.rights import NOTHING, Rights, in_words, refusal_for_managing
from schools.rules import RuleViolation, changed_meanwhile
from schools.signin import second_step

FORGOTTEN_AFTER = dt.timedelta(days=365)
FORGOTTEN = "@forgotten.invalid"  # an address that nobody can have (RFC 2606)


def works_here(of: str = "") -> Q:
    """Who is on duty as before; also who is to choose a new password. `of` leads to the person, as in "staff__"."""
    return Q(**{f"{of}is_active": True}) | Q(**{f"{of}invitation__forgot_password": True})


def version_of(person: User) -> str:
    """Another one where the name or the rights are others; says nothing else."""
    had = Rights.of(person)
    shown = (person.name, had.is_administrator, had.is_coordinator, sorted(had.publishes_for), sorted(had.works_at))
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:32]


@transaction.atomic
def change(
    person: User,
    *,
    name: str,
    rights: Rights,
    by: User,
    if_version: str | None = None,
    at: dt.datetime | None = None,
) -> User:
    """`if_version` is the `version_of` what the caller saw. Raises RuleViolation, and ValidationError for somebody who
    would have no role."""
    person, by = _locked(person, by=by)
    if if_version not in (None, version_of(person)):
        raise changed_meanwhile()
    _check(person, rights, by=by)
    if rights == NOTHING:
        raise ValidationError(_("Choose at least one role. Or remove this person."), "no_role")
    had = {"name": person.name, "roles": in_words(person)}
    person.name = name
    person.full_clean(exclude=["password"])
    person.save(update_fields=["name"])
    give(person, rights)
    has = {"name": person.name, "roles": in_words(person)}
    if changes := {field: (had[field], has[field]) for field in had if had[field] != has[field]}:
        audit.record(acts.PERSON_CHANGED, of=person, changes=changes, at=at or now())
    return person


@transaction.atomic
def remove(person: User, *, by: User, at: dt.datetime | None = None) -> None:
    """Everything that this person could open shuts, at once. What they did stays under their name. Safe to repeat.

    Raises RuleViolation.
    """
    person, by = _locked(person, by=by)
    _check(person, NOTHING, by=by)
    at = at or now()
    if person.is_active:
        audit.record(acts.PERSON_REMOVED, of=person, changes={"roles": (in_words(person), None)}, at=at)
    shut_out(person, at=at)


@transaction.atomic
def forget_second_step(person: User, *, by: User, at: dt.datetime | None = None) -> None:
    """For who lost the phone and the recovery codes: the password alone signs in again. Safe to repeat.

    Raises RuleViolation.
    """
    person, by = _locked(person, by=by)
    _check(person, Rights.of(person), by=by)
    if second_step.forget(person):
        audit.record(acts.SECOND_STEP_FORGOTTEN, of=person, at=at or now())


def shut_out(person: User, *, at: dt.datetime) -> None:
    """Without asking who may; for somebody who is locked. What shuts stays shut if the person comes back."""
    give(person, NOTHING)
    person.is_active = person.is_staff = False
    # Sessions hold on to the password that they began with: with this they end.
    person.set_unusable_password()
    person.save(update_fields=["is_active", "is_staff", "password"])
    person.groups.clear()
    person.user_permissions.clear()
    person.access_tokens.filter(revoked_at=None).update(revoked_at=at)
    DigestSubscription.objects.filter(user=person).delete()
    Invitation.objects.filter(user=person).delete()
    second_step.forget(person)
    tell_left(person=person.pk)


def forget(*, at: dt.datetime) -> int:
    """Of who left a year ago nothing tells any more who it was; what they did stays. Returns how many. Safe to repeat.

    That somebody left is seen here, however it came about: at the desk, in the administration, or long ago.
    """
    User.objects.filter(is_active=True, removed_at__isnull=False).update(removed_at=None)
    left = User.objects.filter(is_active=False, invitation__isnull=True).exclude(email__endswith=FORGOTTEN)
    left.filter(removed_at__isnull=True).update(removed_at=at)
    long_ago = left.filter(removed_at__lte=at - FORGOTTEN_AFTER)
    gone = 0
    for person in long_ago.order_by("pk"):
        with suppress(RuleViolation), transaction.atomic():
            [person] = lock(person)
            # Meanwhile they may have been invited again.
            if long_ago.filter(pk=person.pk).exists():
                _forget(person, at=at)
                gone += 1
    return gone


def _forget(person: User, *, at: dt.datetime) -> None:
    """The bare row stays, for all that leads to it. It is called in words that any page can show."""
    shut_out(person, at=at)
    # By its `sub`, which says nothing elsewhere, the account of the municipality is known: it stays closed here.
    SocialAccount.objects.filter(user=person).update(extra_data={})
    person.access_tokens.all().delete()
    person.letters.all().delete()
    with translation.override(settings.LANGUAGE_CODE):
        person.name = translation.gettext("former colleague")
    person.email, person.last_login = f"{person.reference}{FORGOTTEN}", None
    person.save(update_fields=["name", "email", "last_login"])


def give(person: User, rights: Rights) -> None:
    """These rights and no others; for somebody who is locked."""
    if rights.is_administrator != person.is_superuser:
        person.is_superuser = person.is_staff = rights.is_administrator
        person.save(update_fields=["is_superuser", "is_staff"])
    had = {(row.role, row.organisation_id, row.location_id): row for row in person.memberships.all()}
    wanted = {(row.role, row.organisation_id, row.location_id): row for row in rights.memberships(person)}
    Membership.objects.filter(pk__in=[row.pk for key, row in had.items() if key not in wanted]).delete()
    Membership.objects.bulk_create([row for key, row in wanted.items() if key not in had])


def lock(*people: User) -> list[User]:
    """These and all who look after people, as they are now.

    Two who remove each other at the same moment: the second one finds that it may not any more.
    Raises RuleViolation person_gone where one was forgotten meanwhile.
    """
    coordinating = Membership.objects.filter(role=Role.COORDINATOR).order_by().values("user")
    wanted = Q(pk__in=[person.pk for person in people]) | Q(is_superuser=True) | Q(pk__in=coordinating)
    list(User.objects.filter(wanted).order_by("pk").select_for_update().values_list("pk", flat=True))
    fresh = User.objects.in_bulk([person.pk for person in people])
    if len(fresh) < len(set(people)):
        raise gone()
    return [fresh[person.pk] for person in people]


def gone() -> RuleViolation:
    return RuleViolation("person_gone", _("This person is not on the list any more."))


def _locked(person: User, *, by: User) -> list[User]:
    return lock(person, by)


def _check(person: User, rights: Rights, *, by: User) -> None:
    if refusal := refusal_for_managing(person, becoming=rights, by=by):
        raise RuleViolation(refusal.value, refusal.label)
