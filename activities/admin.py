from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from activities import translations
from activities.forms.translations import TranslatedForm
from activities.models import Programme
from schools import audit
from schools.audited_admin import AuditedAdmin


class ProgrammeForm(TranslatedForm):
    translated = ("description",)


@admin.register(Programme)
class ProgrammeAdmin(AuditedAdmin):
    """Activities and sessions are not here: they change by the verbs of the desk, never by a bare save."""

    form = ProgrammeForm
    list_display = ("name", "slug", "colour")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs | {"fields": self.get_fields(request, obj)})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["slug", "name", "description", "colour"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """With the fields that the form adds for each language."""
        names = [f"description_{code}" for code in translations.other_languages()]
        return [(None, {"fields": [*self.get_fields(request, obj), *names]})]

    def further_changes(self, stored: Any, obj: Any) -> audit.Changes:
        return translations.differences(stored.translations if stored else {}, obj.translations)
