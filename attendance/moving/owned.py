"""What an organisation owns, table by table, in an order in which each row comes after those that it points at.

What is not here has its reason: of a closed week only counts leave, of an open one nothing does but its figures. A
list of who was where is in no file, and no key, token or password is either.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Field, ForeignKey, Model, Q, QuerySet

from activities.models import (
    Activity,
    Booking,
    CalendarSource,
    CampaignCode,
    CampaignWeek,
    EarlierSchedule,
    Programme,
    Resource,
    SeriesBooking,
    Session,
)
from attendance import scopes
from attendance.models import Entry, GrantRule, Reach, ReachPeriod, SessionTotal, Target, VisitorTotal, Week
from schools.models import (
    Closure,
    HolidayOverride,
    Journey,
    Location,
    Membership,
    Neighbourhood,
    Organisation,
    User,
)

# Neither is in a file, whatever table it is in.
SECRET = {"password", "last_login", "removed_at", "is_superuser", "is_staff", "key", "members", "etag", "last_modified"}
# Why the others stay behind.
STAYS = {
    "activities.CalendarKey": "opens private calendars; everybody makes a new one",
    "activities.Delivery": "was sent from here",
    "activities.Edition": "of the installation",
    "activities.Subscription": "waits for messages from here, under a secret of its own",
    "attendance.CheckIn": "who was where: of a closed week its counts leave",
    "attendance.Correction": "the totals have them already",
    "attendance.DestroyedCheckIns": "of the installation",
    "attendance.Device": "is paired anew, with a token of the other installation",
    "attendance.Pass": "is of the municipality, and opens every door of it",
    "attendance.Place": "who has a place where, and under a key that stays",
    "attendance.PlacesEdition": "of the installation",
    "attendance.Settlement": "is about check-ins, which stay",
    "attendance.StepRun": "of the installation",
    "attendance.Trace": "of check-ins, which stay",
    "attendance.WeekKey": "a key",
    "attendance.HandCount": "the totals have it already",
    "attendance.NobodyCame": "what somebody said of a session here; the totals have that it had no visit",
    "attendance.YearReport": "is of the municipality",
    "schools.AccessToken": "opens the API; everybody makes a new one",
    "schools.KeptAnswer": "for a day, for who asks twice",
    "schools.AuditEntry": "who changed what here is for this installation to answer for",
    "schools.DigestSubscription": "everybody chooses anew",
    "schools.Invitation": "invites to this installation",
    "schools.Letter": "was sent from here",
    "schools.SignIn": "that somebody is signed in here",
}


@dataclass(frozen=True)
class Table:
    """Rows of one model; those with the same values of `known_by` are the same row in both installations."""

    model: type[Model]
    rows: Callable[[Organisation], QuerySet[Any]]
    known_by: tuple[str, ...] = ()
    # What these become on arrival.
    fixed: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.model._meta.label

    @property
    def fields(self) -> list["Field[Any, Any]"]:
        """Those that leave: without the keys that a database gives out itself."""
        own = [one for one in self.model._meta.concrete_fields if one.name not in SECRET | self.fixed.keys()]
        return [one for one in own if one.get_internal_type() not in ("BigAutoField", "AutoField")]


def is_reference(one: "Field[Any, Any]") -> bool:
    return isinstance(one, ForeignKey)


def _sessions(own: Organisation) -> QuerySet[Session]:
    return Session.objects.filter(activity__organisation=own).order_by("starts_at", "pk")


def _totals(own: Organisation) -> QuerySet[SessionTotal]:
    return SessionTotal.objects.filter(session__in=_sessions(own).order_by().values("pk")).order_by("week", "pk")


def _locations(own: Organisation) -> QuerySet[Location]:
    """Its own, and those of others where it is a guest."""
    guest = [
        Activity.objects.filter(organisation=own).values("location"),
        EarlierSchedule.objects.filter(activity__organisation=own).values("location"),
        _sessions(own).order_by().values("location"),
        _totals(own).order_by().values("location"),
        CalendarSource.objects.filter(organisation=own).values("location"),
        Resource.objects.filter(organisation=own, location__isnull=False).values("location"),
    ]
    return Location.objects.filter(_any("pk__in", guest) | Q(organisation=own)).order_by("slug")


def _organisations(own: Organisation) -> QuerySet[Organisation]:
    whose = [_locations(own).order_by().values("organisation"), _totals(own).order_by().values("host")]
    return Organisation.objects.filter(_any("pk__in", whose) | Q(pk=own.pk)).order_by("slug")


def _neighbourhoods(own: Organisation) -> QuerySet[Neighbourhood]:
    where = [_locations(own).order_by().values("neighbourhood"), _totals(own).order_by().values("neighbourhood")]
    return Neighbourhood.objects.filter(_any("pk__in", where)).order_by("slug")


def _programmes(own: Organisation) -> QuerySet[Programme]:
    lines = [
        Activity.objects.filter(organisation=own).values("programme"),
        _totals(own).order_by().values("programme"),
        CalendarSource.objects.filter(organisation=own).values("programme"),
        GrantRule.objects.filter(organisation=own, programme__isnull=False).values("programme"),
    ]
    return Programme.objects.filter(_any("pk__in", lines)).order_by("slug")


def _any(lookup: str, sets: Iterable[QuerySet[Any, Any]]) -> Q:
    found = Q()
    for one in sets:
        found |= Q(**{lookup: one})
    return found


def _memberships(own: Organisation) -> QuerySet[Membership]:
    return Membership.objects.filter(Q(organisation=own) | Q(location__organisation=own)).order_by("user__email", "pk")


def _people(own: Organisation) -> QuerySet[User]:
    who = [
        _memberships(own).order_by().values("user"),
        Booking.objects.filter(session__activity__organisation=own, staff__isnull=False).values("staff"),
        SeriesBooking.objects.filter(activity__organisation=own, staff__isnull=False).values("staff"),
    ]
    return User.objects.filter(_any("pk__in", who)).order_by("email")


def _booked(own: Organisation) -> Q:
    """What it may take along: its own resources, and people."""
    return Q(resource__organisation=own) | Q(resource=None)


def scopes_of(own: Organisation) -> Q:
    """Of what was counted: its own as a publisher, and as a host; under these its visitors stand."""
    mine, hosted = f"organisation={own.pk}", f"host={own.pk}"
    places = Location.objects.filter(organisation=own).values_list("pk", flat=True)
    activities = Activity.objects.filter(organisation=own).values_list("pk", flat=True)
    alone = [mine, hosted, *(f"location={key}" for key in places), *(f"activity={key}" for key in activities)]
    # As `attendance.scopes` spells pairs: the names in order.
    return (
        Q(scope__in=alone)
        | Q(scope__startswith=f"{mine} programme=")
        | Q(scope__startswith="level=", scope__endswith=f" {mine}")
        | Q(scope__startswith=f"{hosted} neighbourhood=")
    )


def _weeks(own: Organisation) -> QuerySet[Week]:
    return Week.objects.closed().filter(pk__in=_totals(own).order_by().values("week")).order_by("pk")


def _visitors(own: Organisation) -> QuerySet[VisitorTotal]:
    of_its_own = scopes_of(own) & ~_with_guests(own)
    return VisitorTotal.objects.filter(of_its_own, week__in=_weeks(own).order_by().values("pk"))


def _with_guests(own: Organisation) -> Q:
    """At its doors, together with what others offered there: the visits of that stay, and so do these visitors."""
    mine = _sessions(own).order_by().values("pk")
    at_its_doors = Q(host=own) | Q(location__organisation=own)
    guests = SessionTotal.objects.filter(at_its_doors, scanned_visits__gt=0).exclude(session__in=mine).order_by()
    counted = {scopes.spelled({"host": own.pk}): guests.filter(host=own)}
    for key in guests.values_list("location", flat=True).distinct():
        counted[scopes.spelled({"location": key})] = guests.filter(location=key)
    for key in guests.values_list("neighbourhood", flat=True).distinct():
        in_it = {"host": own.pk, "neighbourhood": key}
        counted[scopes.spelled(in_it)] = guests.filter(**in_it)
    found = Q()
    for scope, totals in counted.items():
        found |= Q(scope=scope, week__in=totals.values("week"))
    return found


def _reach(own: Organisation) -> QuerySet[Reach]:
    """Of periods that are over: those that still grow do so by marks, which stay."""
    return Reach.objects.filter(scopes_of(own), period__key=None).order_by("period__starts_on", "pk")


TABLES = [
    Table(Neighbourhood, _neighbourhoods, ("slug",)),
    Table(Programme, _programmes, ("slug",)),
    Table(Organisation, _organisations, ("slug",)),
    Table(Location, _locations, ("slug",)),
    Table(
        Journey,
        lambda own: Journey.objects.filter(one_end__organisation=own, other_end__organisation=own),
        ("one_end", "other_end"),
    ),
    Table(User, _people, ("email",)),
    Table(Membership, _memberships, ("user", "role", "organisation", "location")),
    Table(Closure, lambda own: Closure.objects.filter(Q(organisation=own) | Q(location__organisation=own))),
    Table(HolidayOverride, lambda own: HolidayOverride.objects.filter(organisation=own)),
    Table(CalendarSource, lambda own: CalendarSource.objects.filter(organisation=own)),
    Table(Activity, lambda own: Activity.objects.filter(organisation=own).order_by("slug")),
    Table(EarlierSchedule, lambda own: EarlierSchedule.objects.filter(activity__organisation=own)),
    Table(Session, _sessions),
    Table(Resource, lambda own: Resource.objects.filter(organisation=own)),
    Table(SeriesBooking, lambda own: SeriesBooking.objects.filter(_booked(own), activity__organisation=own)),
    Table(Booking, lambda own: Booking.objects.filter(_booked(own), session__activity__organisation=own)),
    Table(
        Target, lambda own: Target.objects.filter(location__organisation=own), ("location", "programme", "starts_on")
    ),
    Table(CampaignCode, lambda own: CampaignCode.objects.filter(organisation=own)),
    Table(CampaignWeek, lambda own: CampaignWeek.objects.filter(code__organisation=own)),
    Table(Entry, lambda own: Entry.objects.filter(organisation=own)),
    Table(GrantRule, lambda own: GrantRule.objects.filter(organisation=own)),
    Table(Week, _weeks, ("starts_on",)),
    Table(SessionTotal, _totals, fixed={"is_arrived": True}),
    Table(VisitorTotal, _visitors, ("week", "scope")),
    Table(
        ReachPeriod,
        lambda own: ReachPeriod.objects.filter(pk__in=_reach(own).order_by().values("period")),
        ("kind", "starts_on"),
        {"key": None},
    ),
    Table(Reach, _reach, ("period", "scope"), {"members": None}),
]
