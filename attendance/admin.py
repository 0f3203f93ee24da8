from django.contrib import admin

from attendance.models import Target


@admin.register(Target)
class TargetAdmin(admin.ModelAdmin):
    list_display = ("__str__", "starts_on", "visits")
    list_select_related = ("location", "programme")
    autocomplete_fields = ("location", "programme")
