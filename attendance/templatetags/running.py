import datetime as dt
from typing import Any

from django import template

from attendance.housekeeping import late_steps

register = template.Library()


@register.inclusion_tag("attendance/_late_work.html", name="include_late_work")
def late_work(at: dt.datetime) -> dict[str, Any]:
    """A line where the periodic work did not go well for too long. One query."""
    return {"is_late": bool(late_steps(at=at))}
