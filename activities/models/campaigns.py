import datetime as dt
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from activities.models.activities import Activity
from activities.weeks import WEEK
from schools.models import Location, Organisation
from schools.secrets import corrected, is_code

if TYPE_CHECKING:
    from schools.models import User

# Thirty million: short enough to type in, and a typing error hardly ever hits somebody else's.
LETTERS = 5


class Channel(models.TextChoices):
    POSTER = "poster", _("poster")
    STICKER = "sticker", _("stickers")
    INSTAGRAM = "instagram", "Instagram"
    WHATSAPP = "whatsapp", "WhatsApp"
    OTHER = "other", _("something else")


class CampaignCodeQuerySet(models.QuerySet["CampaignCode"]):
    def for_user(self, user: "User") -> "CampaignCodeQuerySet":
        """Those of the organisations that this person publishes for."""
        if user.roles.is_coordinator:
            return self
        return self.filter(organisation__in=user.roles.publishes_for)

    def read(self, letters: str) -> "CampaignCodeQuerySet":
        """The one with these letters, also as somebody types them; none where there is none."""
        code = corrected(letters[:20])
        return self.filter(code=code) if is_code(code, letters=LETTERS) else self.none()

    def with_counts(self, monday: dt.date) -> "CampaignCodeQuerySet":
        """Each with what it brought in this week, in the one before, and in all; and how many were put up."""
        weeks = {"this_week": monday, "last_week": monday - WEEK}
        return self.annotate(
            visits=Sum("weeks__visits", default=0),
            put_up=Sum("weeks__put_up", default=0),
            **{name: Sum("weeks__visits", filter=Q(weeks__week=week), default=0) for name, week in weeks.items()},
        )

    def with_pages(self) -> "CampaignCodeQuerySet":
        return self.select_related("organisation", "activity", "location")


class CampaignCode(models.Model):
    """What a poster, a sticker or a message carries in its address: it says where it hangs, and nothing of who comes.

    It leads to the page of an activity, of a location, or else of the organisation: so it leads somewhere also
    when the activity is gone and the poster still hangs.
    """

    code = models.CharField(max_length=LETTERS, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="campaign_codes", verbose_name=_("organisation")
    )
    activity = models.ForeignKey(
        Activity, models.SET_NULL, null=True, blank=True, related_name="campaign_codes", verbose_name=_("activity")
    )
    location = models.ForeignKey(
        Location, models.SET_NULL, null=True, blank=True, related_name="campaign_codes", verbose_name=_("location")
    )
    channel = models.CharField(_("what carries it"), max_length=10, choices=Channel, default=Channel.POSTER)
    place = models.CharField(_("where it hangs"), max_length=100, blank=True)
    created_at = models.DateTimeField(editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CampaignCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign code")
        verbose_name_plural = _("campaign codes")
        ordering = ("-created_at", "code")
        constraints = (
            models.CheckConstraint(
                name="a_campaign_code_leads_to_one_page", condition=Q(activity=None) | Q(location=None)
            ),
        )

    def __str__(self) -> str:
        return self.code

    @property
    def page(self) -> Activity | Location | Organisation:
        """What it leads to; of an activity that is not in the programme, its organisation."""
        if self.activity and self.activity.is_published:
            return self.activity
        return self.location or self.organisation


class CampaignWeek(models.Model):
    """A sum of one code in one week. Nothing else is kept of a visit to a page: not even the day."""

    code = models.ForeignKey(CampaignCode, models.CASCADE, related_name="weeks")
    week = models.DateField()  # its Monday
    visits = models.PositiveIntegerField(default=0)
    # Written down by hand: stickers on a wall tell nobody how many they are.
    put_up = models.PositiveIntegerField(_("put up"), default=0)

    class Meta:
        verbose_name = _("week of a campaign code")
        verbose_name_plural = _("weeks of campaign codes")
        ordering = ("code", "week")
        constraints = (models.UniqueConstraint(fields=["code", "week"], name="one_sum_per_campaign_code_and_week"),)

    def __str__(self) -> str:
        return f"{self.code_id} {self.week}"
