from schools.access import Role
from schools.models.audit import AuditEntry, AuditEntryQuerySet, Topic
from schools.models.closures import Closure, HolidayOverride
from schools.models.people import AccessToken, Membership, User
from schools.models.places import Journey, Kind, Location, Neighbourhood, Organisation

__all__ = [
    "AccessToken",
    "AuditEntry",
    "AuditEntryQuerySet",
    "Closure",
    "HolidayOverride",
    "Journey",
    "Kind",
    "Location",
    "Membership",
    "Neighbourhood",
    "Organisation",
    "Role",
    "Topic",
    "User",
]
