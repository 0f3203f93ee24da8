from schools.access import Role
from schools.models.audit import AuditEntry, AuditEntryQuerySet, Topic
from schools.models.closures import Closure, HolidayOverride
from schools.models.invitations import Invitation
from schools.models.kept_answers import KeptAnswer
from schools.models.letters import DigestSubscription, Letter, LetterKind, LetterQuerySet, Problem
from schools.models.people import Membership, User
from schools.models.places import Journey, Kind, Location, Neighbourhood, Organisation
from schools.models.sign_ins import Browser, SignIn, SignInQuerySet
from schools.models.tokens import AccessToken, Scope

__all__ = [
    "AccessToken",
    "AuditEntry",
    "AuditEntryQuerySet",
    "Browser",
    "Closure",
    "DigestSubscription",
    "HolidayOverride",
    "Invitation",
    "Journey",
    "KeptAnswer",
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
    "Scope",
    "SignIn",
    "SignInQuerySet",
    "Topic",
    "User",
]
