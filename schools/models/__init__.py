from schools.access import Role
from schools.models.closures import Closure
from schools.models.people import AccessToken, Membership, User
from schools.models.places import Kind, Location, Neighbourhood, Organisation

__all__ = [
    "AccessToken",
    "Closure",
    "Kind",
    "Location",
    "Membership",
    "Neighbourhood",
    "Organisation",
    "Role",
    "User",
]
