from schools.access import Role
from schools.models.audit import AuditEntry, AuditEntryQuerySet, Topic
from schools.models.closures import Closure, HolidayOverride
from schools.models.invitations import Invitation
from schools.models.letters import DigestSubscription, Letter, LetterKind, LetterQuerySet, Problem
from schools.models.people import AccessToken, Membership, User
from schools.models.places import Journey, Kind, Location, Neighbourhood, Organisation

__all__ = [
    "AccessToken",
    "AuditEntry",
    "AuditEntryQuerySet",
    "Closure",
    "DigestSubscription",
    "HolidayOverride",
    "Invitation",
    "Journey",
    "Kind",
    "Letter",
    "LetterKind",
    "LetterQuerySet",
    "Location",
    "Membership",
    "Neighbourhood",
    "Organisation",
    "Problem",
    "Role",
    "Topic",
    "User",
]
