from django.contrib import admin

from activities.models import Programme
from schools.audited_admin import AuditedAdmin


@admin.register(Programme)
class ProgrammeAdmin(AuditedAdmin):
    """Activities and sessions are not here: they change by the verbs of the desk, never by a bare save."""

    list_display = ("name", "slug", "colour")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
