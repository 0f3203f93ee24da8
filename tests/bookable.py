"""What can be booked, to test with: as in `tests.factories`."""

from activities.models import Resource, ResourceKind
from schools.models import Location, Organisation
from tests import factories


def equipment(*, name: str = "VR set", of: Organisation | None = None) -> Resource:
    """A set that travels; without an owner it is of the shop's organisation."""
    owner = of or factories.organisation()
    return Resource.objects.get_or_create(name=name, kind=ResourceKind.EQUIPMENT, organisation=owner)[0]


def room(*, place: Location, name: str = "Gym") -> Resource:
    values = {"kind": ResourceKind.ROOM, "organisation": place.organisation}
    return Resource.objects.get_or_create(name=name, location=place, defaults=values)[0]
