from django.contrib import admin

from attendance.grant_forms import GrantRuleForm
from attendance.models import GrantRule, Target


@admin.register(Target)
class TargetAdmin(admin.ModelAdmin):
    list_display = ("__str__", "starts_on", "visits")
    list_select_related = ("location", "programme")
    autocomplete_fields = ("location", "programme")


@admin.register(GrantRule)
class GrantRuleAdmin(admin.ModelAdmin):
    form = GrantRuleForm
    list_display = ("__str__", "programme", "organisation", "starts_on", "ends_on")
    list_select_related = ("programme", "organisation")
