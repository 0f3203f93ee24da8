from attendance.models.checkins import CheckIn, CheckInKind, CheckInQuerySet, Outcome, Settlement, SettlementQuerySet
from attendance.models.closed import Correction, PartOfDay, SessionTotal, Trace, VisitorTotal, trace_of
from attendance.models.devices import Device
from attendance.models.grants import GrantRule, GrantRuleQuerySet
from attendance.models.passes import Gender, Pass
from attendance.models.reach import PeriodKind, Reach, ReachPeriod
from attendance.models.running import DestroyedCheckIns, StepRun
from attendance.models.weeks import Target, Week, WeekKey

__all__ = [
    "CheckIn",
    "CheckInKind",
    "CheckInQuerySet",
    "Correction",
    "DestroyedCheckIns",
    "Device",
    "Gender",
    "GrantRule",
    "GrantRuleQuerySet",
    "Outcome",
    "PartOfDay",
    "Pass",
    "PeriodKind",
    "Reach",
    "ReachPeriod",
    "SessionTotal",
    "Settlement",
    "SettlementQuerySet",
    "StepRun",
    "Target",
    "Trace",
    "VisitorTotal",
    "Week",
    "WeekKey",
    "trace_of",
]
