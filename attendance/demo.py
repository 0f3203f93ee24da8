"""A believable town for trying things out: fictional schools and visits, shaped by the programme's own papers.

The same day gives the same town every time. What opens doors (passwords, tokens) is made from this
installation's SECRET_KEY, so that nobody else's demo opens with it.
"""

import datetime as dt
import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.utils.text import slugify

from activities import bookings, closing_days, publishing
from activities.models import Activity, Edition, Programme, Resource, ResourceKind, Session
from activities.schedule import Schedule
from activities.series import add_sessions, sessions_to_add
from activities.weeks import WEEK, local_date, monday_of, starts_at, weeks
from attendance.checkin import Door, store
from attendance.claims import Claim
from attendance.demo_campaign import make_campaign
from attendance.demo_offers import DROP_IN, ENTREE, OFFERS, PROGRAMMES, Offer
from attendance.demo_places import make_places
from attendance.demo_report import make_report
from attendance.demo_translations import OF_ACTIVITIES, OF_PROGRAMMES
from attendance.models import CheckInKind, Device, Gender, GrantRule, Pass, Target
from attendance.passes import last_day_of_passes
from schools.acting import acting
from schools.calendar import school_holiday, school_year_of
from schools.models import AccessToken, Closure, Kind, Location, Membership, Neighbourhood, Organisation, Role, User
from schools.secrets import ALPHABET, LENGTH, digest, keyed

# slug: name, kind, neighbourhood, address, how many passes live here
PLACES = {
    "jongerenwinkel": ("Jongerenwinkel", Kind.YOUTH_SHOP, "Poelenburg", "Vlinderplein 1, Zaandam", 90),
    "jongerenhub": ("JongerenHUB", Kind.YOUTH_HUB, "Saendelft", "Wolkenhof 20, Assendelft", 60),
    "de-windroos": ("Basisschool De Windroos", Kind.PRIMARY_SCHOOL, "Poelenburg", "Kompasstraat 8, Zaandam", 30),
    "het-molenrad": ("Basisschool Het Molenrad", Kind.PRIMARY_SCHOOL, "Saendelft", "Wiekenlaan 3, Assendelft", 30),
    "zaanweide": ("Zaanweide College", Kind.SECONDARY_SCHOOL, "Peldersveld", "Weidepad 45, Zaandam", 35),
    "lyceum-noorderdijk": ("Lyceum Noorderdijk", Kind.SECONDARY_SCHOOL, "Saendelft", "Dijklaan 11, Assendelft", 25),
}

_NAMES = {"coordinator": "Coördinator", "publisher": "Programmamaker", "youthWorker": "Jongerenwerker"}
PACKAGES = ("schools", "activities", "attendance")
MOST_WEEKS = 520


class NotEmpty(Exception):
    """The database holds data already; nothing was changed."""


def is_empty() -> bool:
    """Whether there is not a row of ours; also of a database whose tables are older, or not there yet."""
    tables = set(connection.introspection.table_names())
    # The editions only say that something changed, and a run that there is a worker; both where nothing is left.
    ours = {model for package in PACKAGES for model in apps.get_app_config(package).get_models()}
    ours -= {Edition, *map(apps.get_model, ("attendance.PlacesEdition", "attendance.StepRun"))}
    return not any(model._base_manager.exists() for model in ours if model._meta.db_table in tables)


@transaction.atomic
def fill(*, weeks: int, at: dt.datetime) -> dict[str, Any]:
    """Make the town, with so many past weeks of visits. Raises NotEmpty."""
    if not is_empty():
        raise NotEmpty
    return _Town(weeks=weeks, at=at).make()


def credentials() -> dict[str, dict[str, str]]:
    """How to sign in to the demo of this installation, by role."""
    return {
        role: {"email": f"{role.lower()}@inloop.example", "password": _code(f"password {role}")[:12].lower()}
        for role in ("coordinator", "publisher", "youthWorker")
    }


def _secret(name: str) -> bytes:
    return keyed(f"demo {name}")


def _code(name: str) -> str:
    return "".join(ALPHABET[byte % 32] for byte in _secret(name)[:LENGTH])


class _Town:
    def __init__(self, *, weeks: int, at: dt.datetime) -> None:
        self.at, self.today = at, local_date(at)
        self.first = monday_of(self.today) - weeks * WEEK
        self.chance = random.Random(f"inloop {self.today} {weeks}")  # noqa: S311

    def make(self) -> dict[str, Any]:
        self._make_places()
        people = self._make_people()
        coordinator = User.objects.get(email=credentials()["coordinator"]["email"])
        # Who looks at the changes sees them as somebody's.
        with acting(lambda: coordinator):
            self._make_programme()
            self._make_passes()
            self._make_devices()
            self._make_visits()
            self._make_changes()
            self._make_bookings()
            make_places(self.tokens, at=self.at)
            self._make_grant()
            make_report(self.today - WEEK, new_id=self._new_id)
            drop_in = Activity.objects.get(title="Inloop Jongerenwinkel")
            make_campaign(drop_in, weeks=weeks(self.first, monday_of(self.today)), chance=self.chance)
        # Every step was a change a second after the one before; nobody has seen any of them.
        Edition.objects.update(changed_at=self.at)
        return self._told(people)

    def _make_places(self) -> None:
        self.locations: dict[str, Location] = {}
        for slug, (name, kind, wijk, address, _passes) in PLACES.items():
            neighbourhood, _new = Neighbourhood.objects.get_or_create(slug=slugify(wijk), defaults={"name": wijk})
            organisation = Organisation.objects.create(slug=slug, name=name, kind=kind, url=f"https://{slug}.example")
            self.locations[slug] = Location.objects.create(
                slug=slug, name=name, organisation=organisation, address=address, neighbourhood=neighbourhood
            )
        Target.objects.create(location=self.locations["jongerenwinkel"], starts_on=self.first, visits=140)
        Target.objects.create(location=self.locations["jongerenhub"], starts_on=self.first, visits=70)

    def _make_programme(self) -> None:
        programmes = {
            slug: Programme.objects.create(
                slug=slug, name=name, description=description, colour=colour, translations=OF_PROGRAMMES.get(slug, {})
            )
            for slug, (name, description, colour) in PROGRAMMES.items()
        }
        Target.objects.create(programme=programmes[ENTREE], starts_on=self.first, visits=16)
        self.offers: dict[int, Offer] = {}
        for offer in OFFERS:
            location = self.locations[offer.place]
            activity = Activity(
                title=offer.title,
                description=offer.description,
                translations=OF_ACTIVITIES.get(offer.title, {}),
                organisation=location.organisation,
                location=location,
                programme=programmes[offer.programme],
                level=offer.level,
                min_age=offer.ages[0],
                max_age=offer.ages[1],
                capacity=offer.capacity,
            )
            self._publish(activity, offer.schedule(first=self.first, today=self.today))
            self.offers[activity.pk] = offer

    def _publish(self, activity: Activity, schedule: Schedule) -> None:
        """At first for two years: a series of ten is more than can be published at once, and has grown in each year."""
        activity.schedule = replace(schedule, until=min(schedule.until or dt.date.max, self.first + 104 * WEEK))
        publishing.publish(activity, at=self.at, new_id=self._new_id)
        activity.schedule = schedule
        activity.save(update_fields=["until"])
        sessions = sessions_to_add(activity, at=self.at)
        for session in sessions:
            session.pk = self._new_id()
        add_sessions(sessions, at=self.at)

    def _new_id(self) -> uuid.UUID:
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)

    def _make_passes(self) -> None:
        """A pool per place; most young people come to one place, some to more."""
        self.pools: dict[str, list[bytes]] = {}
        self.tokens: list[str] = []
        rows = []
        for slug, (_name, _kind, _wijk, _address, count) in PLACES.items():
            tokens = [_code(f"pass {slug} {number}") for number in range(count)]
            self.pools[slug] = [digest(token) for token in tokens]
            self.tokens += tokens
        self.revoked = _code("pass revoked")
        numbers = self.chance.sample(range(10**8), len(self.tokens) + 1)
        for token, number in zip([*self.tokens, self.revoked], numbers, strict=True):
            is_known = self.chance.random() < 0.8
            rows.append(
                Pass(
                    number=f"{number // 10_000:04}-{number % 10_000:04}",
                    digest=digest(token),
                    valid_until=last_day_of_passes(self.today),
                    age_band=self.chance.choice(settings.AGE_BANDS[1:4]) if is_known else "",
                    gender=self.chance.choice([Gender.GIRL, Gender.BOY]) if is_known else "",
                    created_at=self.at,
                    revoked_at=self.at if token == self.revoked else None,
                )
            )
        Pass.objects.bulk_create(rows)

    def _make_devices(self) -> None:
        self.device_token = f"inloop_door_{_secret('device').hex()}"
        self.devices = {
            slug: Device.objects.create(
                id=self._new_id(),
                location=location,
                name=f"Deur {location.name}",
                created_at=self.at,
                paired_at=self.at,
                token_digest=digest(self.device_token if slug == "jongerenwinkel" else _code(f"device {slug}")),
            )
            for slug, location in self.locations.items()
        }

    def _make_visits(self) -> None:
        past = Session.objects.filter(local_date__lt=self.today).select_related("location").in_order()
        for session in past:
            # Some sessions nobody counts: that happens, and the pages must show it.
            if self.chance.random() < 0.02:
                continue
            claims = list(self._claims(session, self.offers[session.activity_id]))
            store(claims, door=Door.of(self.devices[session.location.slug]), at=session.ends_at)

    def _claims(self, session: Session, offer: Offer) -> Iterator[Claim]:
        busy = self.chance.uniform(0.75, 1.25) * (0.45 if school_holiday(session.local_date) else 1)
        pool = self.pools[offer.place] + self.chance.sample(self.pools["jongerenwinkel"], 5)
        coming = sorted(set(pool), key=pool.index)
        for pass_digest in self.chance.sample(coming, min(len(coming), round(offer.scanned * busy))):
            yield self._claim(session, CheckInKind.PASS, pass_digest=pass_digest)
        for _walk_in in range(round(offer.tallied * busy)):
            yield self._claim(session, CheckInKind.TALLY)
        if offer.group:
            yield self._claim(session, CheckInKind.GROUP, count=offer.group + self.chance.randint(-3, 2))

    def _claim(self, session: Session, kind: CheckInKind, *, count: int = 1, pass_digest: bytes | None = None) -> Claim:
        into = (session.ends_at - session.starts_at) * self.chance.uniform(0, 0.6)
        return Claim(
            id=self._new_id(),
            kind=kind,
            scanned_at=session.starts_at + into,
            session=session.pk,
            count=count,
            pass_digest=pass_digest,
        )

    def _make_changes(self) -> None:
        """In the weeks to come one session is moved, one is cancelled, and a school has a study day."""
        coming = Session.objects.filter(local_date__gt=self.today).in_order()
        if session := coming.filter(activity__title="VR-game middag").first():
            publishing.move(session, starts_at=session.starts_at + dt.timedelta(hours=1), at=self.at)
        if session := coming.filter(activity__title="Zaalvoetbal").first():
            publishing.cancel(session, reason="De zaal wordt gebruikt voor een toets.", at=self.at)
        if session := coming.filter(location__slug="de-windroos").first():
            day = session.local_date + WEEK
            school = self.locations["de-windroos"].organisation
            closing_days.close(
                Closure(id=self._new_id(), organisation=school, starts_on=day, ends_on=day, reason="Studiedag"),
                at=self.at,
            )

    def _make_bookings(self) -> None:
        """The VR set goes from the hub to a school and back; the shop has two rooms, and somebody on duty."""
        hub, shop = self.locations["jongerenhub"], self.locations["jongerenwinkel"]
        vr_set = Resource.objects.create(
            id=self._new_id(), name="VR-set", kind=ResourceKind.EQUIPMENT, organisation=hub.organisation
        )
        hall, _kitchen = (
            Resource.objects.create(
                id=self._new_id(), name=name, kind=ResourceKind.ROOM, organisation=shop.organisation, location=shop
            )
            for name in ("Grote zaal", "Keuken")
        )
        worker = User.objects.get(email=credentials()["youthWorker"]["email"])
        booked: dict[str, tuple[list[Resource], list[User]]] = {
            "VR-game middag": ([vr_set], []),
            "VR-game op school": ([vr_set], []),
            "Inloop Jongerenwinkel": ([hall], [worker]),
            "Vrijdagavond in de winkel": ([hall], [worker]),
        }
        for title, (resources, staff) in booked.items():
            activity = Activity.objects.get(title=title)
            # As if it was done before the first of them: who was there then counts for a grant.
            bookings.book_series(activity, resources=resources, staff=staff, at=starts_at(self.first))

    def _make_grant(self) -> None:
        """For drop-in hours; those of the hub have nobody on duty, so that there is something to see."""
        first, last = school_year_of(self.today)
        GrantRule.objects.create(
            id=self._new_id(),
            name="Subsidie Ruimte voor Jongeren",
            programme=Programme.objects.get(slug=DROP_IN),
            starts_on=first,
            ends_on=last,
            min_visits=8,
            bands=settings.AGE_BANDS[1:5],
            min_weeks=4,
        )

    def _make_people(self) -> dict[str, Any]:
        shop = self.locations["jongerenwinkel"]
        roles: dict[str, dict[str, Any]] = {
            "coordinator": {"role": Role.COORDINATOR},
            "publisher": {"role": Role.PUBLISHER, "organisation": shop.organisation},
            "youthWorker": {"role": Role.YOUTH_WORKER, "location": shop},
        }
        people: dict[str, Any] = {}
        for name, signing_in in credentials().items():
            user = User.objects.create_user(**signing_in, name=_NAMES[name])
            Membership.objects.create(user=user, **roles[name])
            token = AccessToken.issue(user=user, name="demo", token=f"inloop_user_{_secret(f'token {name}').hex()}")
            people[name] = {**signing_in, "token": token}
        people["publisher"]["organisation"] = shop.organisation.slug
        people["youthWorker"]["location"] = shop.slug
        return people

    def _told(self, people: dict[str, Any]) -> dict[str, Any]:
        """What the command prints."""
        device = {
            "id": str(self.devices["jongerenwinkel"].pk),
            "location": self.locations["jongerenwinkel"].slug,
            "token": self.device_token,
        }
        return {**people, "device": device, "passes": self.tokens, "revokedPass": self.revoked}
