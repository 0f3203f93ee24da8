"""Every public page, for search engines (sitemaps.org), in each language."""

from collections.abc import Iterable
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.urls import reverse

from activities.models import Activity, Programme
from schools.models import Location, Organisation


class Pages(Sitemap):
    i18n = alternates = x_default = True

    def items(self) -> Iterable[str]:
        return ["activities:home", "site:privacy", "site:accessibility"]

    def location(self, item: str) -> str:
        return reverse(item)


class Details(Sitemap):
    """The pages of one kind of thing, which has a slug."""

    i18n = alternates = x_default = True

    def __init__(self, rows: QuerySet[Any]) -> None:
        self.rows = rows
        self.view = f"activities:{rows.model._meta.model_name}_detail"

    def items(self) -> QuerySet[Any]:
        return self.rows.order_by("slug")

    def location(self, item: Any) -> str:
        return reverse(self.view, args=[item.slug])


def sitemaps() -> dict[str, Sitemap]:
    return {
        "pages": Pages(),
        "activities": Details(Activity.objects.published()),
        "locations": Details(Location.objects.all()),
        "organisations": Details(Organisation.objects.all()),
        "programmes": Details(Programme.objects.all()),
    }
