"""A table of the desk in the forms in which it can be taken away."""

from typing import Any

from django import template

from attendance.reports.tables import FORMS, said

register = template.Library()

register.filter("figure", said)


@register.inclusion_tag("attendance/_take_away.html")
def take_away(name: str, title: str, query: str = "") -> dict[str, Any]:
    """`name` is that of `attendance.reports.takeaway`; `query` says of what, as the page's own address does."""
    return {"name": name, "title": title, "query": query, "forms": [(form, form.upper()) for form in FORMS]}
