from schools.access import Role
from schools.models.closures import Closure, HolidayOverride
from schools.models.kept_answers import KeptAnswer
from schools.models.people import Membership, User
from schools.models.places import Journey, Kind, Location, Neighbourhood, Organisation
from schools.models.tokens import AccessToken, Scope

__all__ = [
    "AccessToken",
    "Closure",
    "HolidayOverride",
    "Journey",
    "KeptAnswer",
    "Kind",
    "Location",
    "Membership",
    "Neighbourhood",
    "Organisation",
    "Role",
    "Scope",
    "User",
]
