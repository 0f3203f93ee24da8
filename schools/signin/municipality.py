"""Signing in with the municipality's own accounts (OpenID Connect): who comes in, and as what.

Somebody is known by the `sub` of the account and by nothing else: an e-mail address proves nothing, since whoever
runs the provider decides about it. The roles follow the claim at every sign-in, both ways.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from schools import acts, audit, people
from schools.access import Role
from schools.models import Location, Membership, Organisation, User
from schools.rights import Rights, in_words, refusal_as_last
from schools.rules import RuleViolation

log = logging.getLogger(__name__)

PROVIDER = "municipality"
type Claims = Mapping[str, Any]
# A role, the organisation's key, the location's key: as a membership has them.
type Place = tuple[str, int | None, int | None]


@dataclass(frozen=True)
class RoleAt:
    """A role as the setting names it: of a publisher at an organisation's slug, of a youth worker at a location's."""

    role: Role
    slug: str = ""


@cache
def read_roles(text: str) -> dict[str, frozenset[RoleAt]]:
    """`Inloop.Council=coordinator, Inloop.Shop=youth_worker:jongerenwinkel`: what each value of the claim gives.

    A value may stand there more than once. Raises ImproperlyConfigured.
    """
    found: dict[str, frozenset[RoleAt]] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        value, _equals, given = pair.partition("=")
        role, _colon, slug = given.strip().partition(":")
        if not value.strip() or role not in Role.values or bool(slug) == (role == Role.COORDINATOR):
            raise ImproperlyConfigured(f"OIDC_ROLES: {pair!r} is not VALUE=coordinator or VALUE=role:slug")
        found[value.strip()] = found.get(value.strip(), frozenset()) | {RoleAt(Role(role), slug)}
    return found


def roles_from(claims: Claims) -> frozenset[RoleAt]:
    """What the claims of an account give, by OIDC_ROLE_CLAIM and OIDC_ROLES. Pure."""
    said = claims.get(settings.OIDC_ROLE_CLAIM)
    values = said if isinstance(said, list) else [said]
    given = read_roles(settings.OIDC_ROLES)
    return frozenset(role for value in values if isinstance(value, str) for role in given.get(value, ()))


def places_of(roles: Iterable[RoleAt]) -> set[Place]:
    """The same with the keys of what is there; a slug that is nobody's is left out, and logged."""
    roles = list(roles)
    organisations = dict(Organisation.objects.filter(slug__in=[one.slug for one in roles]).values_list("slug", "pk"))
    locations = dict(Location.objects.filter(slug__in=[one.slug for one in roles]).values_list("slug", "pk"))
    places: set[Place] = set()
    for one in roles:
        if one.role == Role.COORDINATOR:
            places.add((one.role.value, None, None))
        elif one.role == Role.PUBLISHER and one.slug in organisations:
            places.add((one.role.value, organisations[one.slug], None))
        elif one.role == Role.YOUTH_WORKER and one.slug in locations:
            places.add((one.role.value, None, locations[one.slug]))
        else:
            log.warning("OIDC_ROLES names a place that is not here: %s:%s", one.role.value, one.slug)
    return places


@transaction.atomic
def sync_roles(user: User, places: set[Place]) -> None:
    """Gives this person exactly these roles: those that are new come, the others go."""
    # Two sign-ins at once would both give the same role.
    User.objects.select_for_update().get(pk=user.pk)
    had = in_words(user)
    wanted = set(places)
    for membership in user.memberships.all():
        here = (membership.role, membership.organisation_id, membership.location_id)
        if here in wanted:
            wanted.discard(here)
        else:
            membership.delete()
    for role, organisation, location in sorted(wanted, key=str):
        Membership.objects.create(user=user, role=role, organisation_id=organisation, location_id=location)
    user.__dict__.pop("roles", None)
    if (has := in_words(user)) != had:
        audit.record(acts.ROLES_FOLLOWED, of=user, changes={"roles": (had, has)}, at=now())


def let_in(claims: Claims, *, known: User | None) -> User:
    """The person behind an account of the municipality, with the roles of today; `known` is who is tied to its `sub`.

    Who is new here gets an account. Raises RuleViolation. Without a role nobody comes in, and loses the ones of before.
    """
    places = places_of(roles_from(claims))
    if known:
        if not known.is_active:
            # What somebody has who is invited again is what the invitation gives.
            raise closed()
        sync_roles(known, places)
    refuse_without_role(claims)
    if known:
        return known
    user = _newcomer(claims)
    sync_roles(user, places)
    return user


def refuse_weaker(claims: Claims) -> None:
    """The provider says in `acr` how this person signed in there. Without OIDC_ACR nothing of it is expected."""
    if settings.OIDC_ACR and claims.get("acr") not in settings.OIDC_ACR:
        sentence = _("You logged in at the municipality without a second step. Log in there again, with that step.")
        raise RuleViolation("too_weak", sentence)


def refuse_without_role(claims: Claims) -> None:
    if not places_of(roles_from(claims)):
        sentence = _("Your account of the municipality has no role here yet. Ask the municipality's help desk for one.")
        raise RuleViolation("no_role", sentence)


@transaction.atomic
def refuse_tying(claims: Claims, *, user: User | AnonymousUser) -> None:
    """As for coming in; and somebody is left who looks after people when the roles follow the claim."""
    refuse_without_role(claims)
    if not isinstance(user, User):
        return  # out meanwhile: nothing will be tied
    [user] = people.lock(user)
    becoming = Rights(
        is_administrator=user.is_superuser,
        is_coordinator=any(role == Role.COORDINATOR for role, *_place in places_of(roles_from(claims))),
    )
    if refusal := refusal_as_last(user, becoming=becoming):
        raise RuleViolation(refusal.value, refusal.label)


def closed() -> RuleViolation:
    return RuleViolation("account_closed", _("Your account here was closed. Ask your coordinator."))


def _newcomer(claims: Claims) -> User:
    email = str(claims.get("email") or claims.get("preferred_username") or "").strip().lower()
    if User.objects.filter(email__iexact=email).exists():
        # It may be the same person, and it may not: only the password of the account here tells.
        sentence = _("Somebody signs in with your e-mail address already. Is that you? Then log in with your password.")
        raise RuleViolation("address_taken", sentence)
    try:
        return User.objects.create_user(email=email, name=str(claims.get("name") or "")[:100])
    except ValidationError:
        raise RuleViolation("no_address", _("Your account of the municipality has no e-mail address.")) from None


@transaction.atomic
def tie(user: User, claims: Claims) -> None:
    """From now on this person comes in by the municipality and in no other way: who leaves there is out here too."""
    user.set_unusable_password()
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user=user).delete()
    audit.record(acts.ACCOUNT_TIED, of=user, at=now())
    sync_roles(user, places_of(roles_from(claims)))


def is_tied(user: User) -> bool:
    return bool(settings.OIDC_ISSUER) and SocialAccount.objects.filter(user=user).exists()
