"""The plain weekly rule that a form can show as checkboxes. Pure functions."""

from dataclasses import dataclass

from activities.schedule import Schedule, normalised

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PLAIN = {"FREQ", "INTERVAL", "BYDAY", "WKST"}


@dataclass(frozen=True, kw_only=True)
class Weekly:
    """On these days of the week (Monday is 0), every so many weeks; without a day: once."""

    weekdays: tuple[int, ...] = ()
    interval: int = 1

    @property
    def rrule(self) -> str:
        if not self.weekdays:
            return ""
        every = f";INTERVAL={self.interval}" if self.interval > 1 else ""
        return f"FREQ=WEEKLY{every};BYDAY={','.join(DAYS[day] for day in sorted(self.weekdays))}"


def weekly(schedule: Schedule) -> Weekly | None:
    """The schedule's rule, if it says no more than days of the week; else None."""
    rule = normalised(schedule.rrule)
    if not rule:
        return Weekly()
    parts = dict(part.split("=", 1) for part in rule.split(";") if "=" in part)
    days = parts.get("BYDAY", DAYS[schedule.starts_on.weekday()]).split(",")
    plain = parts.keys() <= _PLAIN and parts.get("FREQ") == "WEEKLY" and parts.get("WKST", "MO") == "MO"
    if not plain or not set(days) <= set(DAYS):
        return None
    return Weekly(weekdays=tuple(sorted({DAYS.index(day) for day in days})), interval=int(parts.get("INTERVAL", 1)))
