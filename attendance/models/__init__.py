from attendance.models.checkins import CheckIn, CheckInKind, CheckInQuerySet, Outcome, Settlement, SettlementQuerySet
from attendance.models.closed import Correction, PartOfDay, SessionTotal, Trace, VisitorTotal, trace_of
from attendance.models.counts import HandCount, NobodyCame, Reason, is_uncounted, nobody_came
from attendance.models.devices import Device
from attendance.models.grants import GrantRule, GrantRuleQuerySet
from attendance.models.passes import Gender, Pass
from attendance.models.places import OPEN, Place, PlaceQuerySet, PlacesEdition, PlaceState
from attendance.models.reach import PeriodKind, Reach, ReachPeriod
from attendance.models.reported import CAMPAIGN, GATHERINGS, Entry, EntryKind, EntryQuerySet, YearReport
from attendance.models.running import DestroyedCheckIns, StepRun
from attendance.models.weeks import Target, Week, WeekKey

__all__ = [
    "CAMPAIGN",
    "GATHERINGS",
    "OPEN",
    "CheckIn",
    "CheckInKind",
    "CheckInQuerySet",
    "Correction",
    "DestroyedCheckIns",
    "Device",
    "Entry",
    "EntryKind",
    "EntryQuerySet",
    "Gender",
    "GrantRule",
    "GrantRuleQuerySet",
    "HandCount",
    "NobodyCame",
    "Outcome",
    "PartOfDay",
    "Pass",
    "PeriodKind",
    "Place",
    "PlaceQuerySet",
    "PlaceState",
    "PlacesEdition",
    "Reach",
    "ReachPeriod",
    "Reason",
    "SessionTotal",
    "Settlement",
    "SettlementQuerySet",
    "StepRun",
    "Target",
    "Trace",
    "VisitorTotal",
    "Week",
    "WeekKey",
    "YearReport",
    "is_uncounted",
    "nobody_came",
    "trace_of",
]
