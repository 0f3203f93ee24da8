"""What the programme reports beside its sessions, and what a coordinator writes in the overview of a year."""

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from activities.weeks import YEARS
from schools.models import Organisation

if TYPE_CHECKING:
    from schools.models import User

MOST = 100_000_000
_KNOWN_DAYS = [
    MinValueValidator(dt.date(YEARS[0], 1, 1), _("Choose a day between 2000 and 2100.")),
    MaxValueValidator(dt.date(YEARS[-1], 12, 31), _("Choose a day between 2000 and 2100.")),
]


class EntryKind(models.TextChoices):
    """Gatherings first; then figures of a campaign, as another system or a hand counted them."""

    PANEL_TALK = "panel_talk", _("panel talk")
    EVENT = "event", _("event")
    WORKING_VISIT = "working_visit", _("working visit")
    PAGE_VIEWS = "page_views", _("page views")
    SITE_VISITORS = "site_visitors", _("visitors of the website")
    ADVERT_VIEWS = "advert_views", _("adverts shown")
    ACCOUNTS_REACHED = "accounts_reached", _("accounts reached")
    LINK_CLICKS = "link_clicks", _("clicks on a link")
    MESSAGES = "messages", _("messages received")
    POSTERS = "posters", _("posters hung up")
    STICKERS = "stickers", _("stickers put up")


GATHERINGS = (EntryKind.PANEL_TALK, EntryKind.EVENT, EntryKind.WORKING_VISIT)
CAMPAIGN = tuple(kind for kind in EntryKind if kind not in GATHERINGS)


class EntryQuerySet(models.QuerySet["Entry"]):
    def for_user(self, user: "User") -> "EntryQuerySet":
        """Those of the own organisations; a coordinator sees all, also those of the programme as a whole."""
        if user.roles.is_coordinator:
            return self
        return self.filter(organisation__in=user.roles.publishes_for)

    def in_year(self, year: int) -> "EntryQuerySet":
        return self.filter(happened_on__year=year)

    def in_order(self) -> "EntryQuerySet":
        return self.order_by("-happened_on", "kind", "pk")


class Entry(models.Model):
    """A panel talk, an event or a figure of a campaign: a day, a kind and counts. No persons, and no text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=16, choices=EntryKind)
    happened_on = models.DateField(_("day"), validators=_KNOWN_DAYS)
    # None where it is of the programme as a whole.
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="entries", verbose_name=_("organisation")
    )
    # How many talks, events, views, posters.
    number = models.PositiveIntegerField(
        _("how many"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST)]
    )
    young_people = models.PositiveIntegerField(
        _("young people"), null=True, blank=True, validators=[MaxValueValidator(MOST)]
    )
    professionals = models.PositiveIntegerField(
        _("professionals"), null=True, blank=True, validators=[MaxValueValidator(MOST)]
    )

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry outside sessions")
        verbose_name_plural = _("entries outside sessions")
        ordering = ("-happened_on", "kind", "pk")
        constraints = (
            models.CheckConstraint(
                name="an_entry_counts_something",
                condition=Q(number__gte=1, number__lte=MOST),
                violation_error_code="number_out_of_range",
                violation_error_message=_("Write down a number above 0."),
            ),
            models.CheckConstraint(
                name="people_come_to_a_gathering_only",
                condition=Q(kind__in=GATHERINGS) | Q(young_people=None, professionals=None),
                violation_error_code="people_of_a_campaign",
                violation_error_message=_("Only a talk, an event or a visit has people. Leave those fields empty."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.happened_on}"


class YearReport(models.Model):
    """What the overview of a year says in words, as a coordinator wrote it. Its figures are reckoned, not kept."""

    year = models.PositiveSmallIntegerField(
        _("year"), primary_key=True, validators=[MinValueValidator(YEARS[0]), MaxValueValidator(YEARS[-1])]
    )
    introduction = models.TextField(_("introduction"), blank=True, max_length=280)
    # A line each; the form says how many and how long.
    proud_of = models.TextField(_("what we are proud of"), blank=True, max_length=500)
    held_back_by = models.TextField(_("what held us back"), blank=True, max_length=300)
    quotation = models.TextField(_("quotation"), blank=True, max_length=220)
    said_by = models.CharField(_("who said it"), blank=True, max_length=60)

    class Meta:
        verbose_name = _("texts of a year")
        verbose_name_plural = _("texts of years")
        ordering = ("-year",)

    def __str__(self) -> str:
        return str(self.year)
