from attendance.models.checkins import CheckIn, CheckInKind, Outcome
from attendance.models.devices import Device
from attendance.models.passes import Gender, Pass
from attendance.models.weeks import Target, Week, WeekKey

__all__ = ["CheckIn", "CheckInKind", "Device", "Gender", "Outcome", "Pass", "Target", "Week", "WeekKey"]
