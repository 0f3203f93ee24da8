"""Things to test with: keywords only, fixed values, never random.

Organisations, locations and programmes are known by their slug: asking twice gives the same one.
"""

import datetime as dt
import uuid
from typing import Any

from activities import publishing
from activities.models import Activity, Level, Programme, Session, Subscription
from activities.models.activities import take_slugs
from activities.webhooks import signing
from activities.weeks import AMSTERDAM, local_date
from attendance import closing
from attendance.checkin import Door, Result, check_in
from attendance.claims import read
from attendance.models import Device, Pass, Target, Week
from schools.models import (
    AccessToken,
    Closure,
    HolidayOverride,
    Kind,
    Location,
    Membership,
    Neighbourhood,
    Organisation,
    Role,
    User,
)
from schools.secrets import digest

PASSWORD = "correct horse battery"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # that of an example of Standard Webhooks


def moment(text: str) -> dt.datetime:
    """2026-11-24T16:00 on the wall in Amsterdam, in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM).astimezone(dt.UTC)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


# A Tuesday in the fourth week of November, 2026-W48; a quarter of a year without a holiday lies behind and before it.
NOW = moment("2026-11-24T16:00")
# The modules behind the desk that look at the clock themselves, for pages that are looked at at NOW.
CLOCKS = (
    "activities.bookings",
    "activities.campaigns",
    "activities.closing_days",
    "activities.desk.agenda",
    "activities.desk.asking_first",
    "activities.desk.booking",
    "activities.desk.campaigns",
    "activities.desk.letters",
    "activities.desk.people",
    "activities.desk.programme",
    "activities.desk.resources",
    "activities.desk.rota",
    "activities.desk.series",
    "activities.desk.subscriptions",
    "activities.drafts",
    "activities.forms.programme",
    "activities.forms.sessions",
    "activities.publishing",
    "activities.webhooks.delivering",
    "activities.webhooks.managing",
    "attendance.counting",
    "attendance.desk",
    "attendance.digest_views",
    "attendance.digests",
    "attendance.forms",
    "attendance.grant_views",
    "attendance.grants",
    "attendance.pass_views",
    "attendance.passes",
    "attendance.place_views",
    "attendance.places.classes",
    "attendance.places.taking",
    "attendance.reports.views",
    "attendance.settling",
    "attendance.settling_views",
    "attendance.target_views",
    "attendance.targets",
    "attendance.today",
    "attendance.uncounted",
    "schools.invitation_views",
    "schools.invitations",
    "schools.people",
    "schools.post",
    "schools.token_views",
)
MINUTE, HOUR, DAY, WEEK = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(weeks=1)


# ---------------------------------------------------------------- who and where


def organisation(*, slug: str = "shop", name: str = "", kind: str = Kind.YOUTH_SHOP, url: str = "") -> Organisation:
    values = {"name": name or slug.title(), "kind": kind, "url": url}
    return Organisation.objects.get_or_create(slug=slug, defaults=values)[0]


def neighbourhood(*, slug: str = "poelenburg", name: str = "") -> Neighbourhood:
    return Neighbourhood.objects.get_or_create(slug=slug, defaults={"name": name or slug.title()})[0]


def location(
    *,
    slug: str = "shop",
    name: str = "",
    owner: Organisation | None = None,
    wijk: Neighbourhood | None = None,
    address: str = "Vlinderplein 1, Zaandam",
) -> Location:
    """Without an owner it is of the organisation with the same slug."""
    found = Location.objects.filter(slug=slug).first()
    return found or Location.objects.create(
        slug=slug,
        name=name or slug.title(),
        organisation=owner or organisation(slug=slug),
        neighbourhood=wijk or neighbourhood(),
        address=address,
    )


def make_user(*, email: str = "somebody@inloop.example", password: str = PASSWORD) -> User:
    """Somebody without any role; the same address is the same person."""
    return User.objects.filter(email=email).first() or User.objects.create_user(email=email, password=password)


def coordinator(*, email: str = "coordinator@inloop.example") -> User:
    user = make_user(email=email)
    Membership.objects.get_or_create(user=user, role=Role.COORDINATOR)
    return user


def administrator(*, email: str = "administrator@inloop.example") -> User:
    found = User.objects.filter(email=email).first()
    return found or User.objects.create_superuser(email=email, password=PASSWORD)


def publisher(*, of: Organisation, email: str = "") -> User:
    user = make_user(email=email or f"publisher-{of.slug}@inloop.example")
    Membership.objects.get_or_create(user=user, role=Role.PUBLISHER, organisation=of)
    return user


def youth_worker(*, at: Location, email: str = "") -> User:
    user = make_user(email=email or f"worker-{at.slug}@inloop.example")
    Membership.objects.get_or_create(user=user, role=Role.YOUTH_WORKER, location=at)
    return user


def access_token(*, user: User, expires_at: dt.datetime | None = None) -> str:
    """The token; the same person always has the same one."""
    return AccessToken.issue(user=user, name="test", expires_at=expires_at, token=f"inloop_user_{user.email}")


def closure(
    *,
    of: Organisation | None = None,
    place: Location | None = None,
    starts_on: str,
    ends_on: str,
    reason: str = "Studiedag",
) -> Closure:
    """Unsaved: `closing_days.close` saves it."""
    return Closure(organisation=of, location=place, starts_on=day(starts_on), ends_on=day(ends_on), reason=reason)


def own_days(
    *, of: Organisation, starts_on: str, ends_on: str = "", name: str = "Studiedag", is_off: bool = True
) -> HolidayOverride:
    """Unsaved: `closing_days.decide` saves it. One day, unless a last one is given."""
    days = {"starts_on": day(starts_on), "ends_on": day(ends_on or starts_on)}
    return HolidayOverride(organisation=of, name=name, is_off=is_off, **days)


# ---------------------------------------------------------------- what is offered


def programme(*, slug: str = "drop-in", name: str = "", description: str = "", colour: str = "teal") -> Programme:
    values = {"name": name or slug.title(), "description": description, "colour": colour}
    return Programme.objects.get_or_create(slug=slug, defaults=values)[0]


def unpublished_activity(
    *,
    title: str = "Drop-in hours",
    place: Location | None = None,
    of: Organisation | None = None,
    line: Programme | None = None,
    starts_on: str = "2026-11-03",
    start_time: str = "15:30",
    end_time: str = "17:00",
    rrule: str = "FREQ=WEEKLY;BYDAY=TU;COUNT=6",
    until: str | None = None,
    excluded_dates: tuple[str, ...] = (),
    **fields: Any,
) -> Activity:
    """Unsaved. Six Tuesdays from 3 November 2026, of which the fourth is that of NOW."""
    place = place or location()
    return Activity(
        title=title,
        organisation=of or place.organisation,
        location=place,
        programme=line or programme(),
        starts_on=day(starts_on),
        start_time=dt.time.fromisoformat(start_time),
        end_time=dt.time.fromisoformat(end_time),
        rrule=rrule,
        until=day(until) if until else None,
        excluded_dates=list(excluded_dates),
        **fields,
    )


def activity(*, at: dt.datetime = NOW, **fields: Any) -> Activity:
    """Published, with its sessions."""
    return publishing.publish(unpublished_activity(**fields), at=at)


def session(
    *,
    place: Location | None = None,
    of: Organisation | None = None,
    line: Programme | None = None,
    title: str = "Drop-in hours",
    level: str = Level.ALL,
    starts_at: dt.datetime = NOW - HOUR,
    ends_at: dt.datetime | None = None,
    cancelled_at: dt.datetime | None = None,
    **fields: Any,
) -> Session:
    """The only one of an activity of its own, from an hour before NOW to an hour after it.

    Not by a schedule, so that it may begin at any moment, the tests' own real now included.
    """
    offered = unpublished_activity(
        title=title,
        place=place,
        of=of,
        line=line,
        starts_on=local_date(starts_at).isoformat(),
        rrule="",
        level=level,
        skip_holidays=False,
        **fields,
    )
    take_slugs([offered])
    offered.published_at = NOW
    offered.save()
    made = Session(
        activity=offered,
        location=offered.location,
        scheduled_on=local_date(starts_at),
        original_starts_at=starts_at,
        updated_at=NOW,
        cancelled_at=cancelled_at,
        cancel_reason="Ziek" if cancelled_at else "",
    )
    made.set_times(starts_at, ends_at or starts_at + 2 * HOUR)
    made.save()
    return made


def subscription(*, of: Organisation, address: str = "https://site.example/hook", **fields: Any) -> Subscription:
    """Its secret is the one that `SECRET` says."""
    made = {"organisation": of, "address": address, "locked_secret": signing.locked(SECRET)}
    return Subscription.objects.create(**made, created_at=NOW, next_try_at=NOW, **fields)


# ---------------------------------------------------------------- what happened


def issued_pass(
    *, number: int = 1, valid_until: str = "2099-08-31", revoked_at: dt.datetime | None = None, **bands: str
) -> tuple[Pass, str]:
    """A pass and its token."""
    token = f"PASS{number:012}"
    row = Pass.objects.create(
        number=f"0000-{number:04}",
        digest=digest(token),
        valid_until=day(valid_until),
        created_at=NOW,
        revoked_at=revoked_at,
        **bands,
    )
    return row, token


def device(*, place: Location | None = None, name: str = "Front door") -> tuple[Device, str]:
    """A paired device and its token."""
    place = place or location()
    token = f"inloop_door_{place.slug}_{name}"
    row = Device.objects.create(location=place, name=name, token_digest=digest(token), paired_at=NOW, created_at=NOW)
    return row, token


def target(*, visits: int, starts_on: str, place: Location | None = None, line: Programme | None = None) -> Target:
    return Target.objects.create(location=place, programme=line, starts_on=day(starts_on), visits=visits)


def closed_week(*, monday: str, at: dt.datetime = NOW) -> Week:
    """Though its days of grace may not be over."""
    closing.close_week(day(monday), at=at)
    return Week.objects.get(pk=day(monday))


def claim_id(number: int) -> str:
    return str(uuid.UUID(int=number))


def _item(number: int, kind: str, at: dt.datetime, session: Session | None, **rest: Any) -> dict[str, Any]:
    item = {"id": claim_id(number), "kind": kind, "scannedAt": at.isoformat(), **rest}
    return item | ({"session": str(session.pk)} if session else {})


def scan(*, id: int, token: str, at: dt.datetime = NOW, session: Session | None = None) -> dict[str, Any]:  # noqa: A002
    return _item(id, "pass", at, session, **{"pass": token})


def tally(
    *,
    id: int,  # noqa: A002
    count: int = 1,
    at: dt.datetime = NOW,
    session: Session | None = None,
    **rest: Any,
) -> dict[str, Any]:
    return _item(id, "tally", at, session, count=count, **rest)


def group(*, id: int, count: int = 24, at: dt.datetime = NOW, session: Session | None = None) -> dict[str, Any]:  # noqa: A002
    return _item(id, "group", at, session, count=count)


def void(*, id: int, of: int, at: dt.datetime = NOW) -> dict[str, Any]:  # noqa: A002
    return _item(id, "void", at, None, checkIn=claim_id(of))


def deliver(
    *items: dict[str, Any],
    who: User | Device,
    at: dt.datetime = NOW,
    sent_at: dt.datetime | None = None,
    waiting: int | None = None,
) -> list[Result]:
    """One batch, read and stored as the API does."""
    door = Door.of(who)
    claims = [read(item, sender=door.sender) for item in items]
    return check_in(claims, door=door, sent_at=sent_at, waiting=waiting, at=at)
