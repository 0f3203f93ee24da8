from django.contrib import admin

from attendance.grant_forms import GrantRuleForm
from attendance.models import GrantRule, Target
from schools.audited_admin import AuditedAdmin
from schools.models import Topic


@admin.register(Target)
class TargetAdmin(AuditedAdmin):
    topic = Topic.FIGURES
    list_display = ("__str__", "starts_on", "visits")
    list_select_related = ("location", "programme")
    autocomplete_fields = ("location", "programme")


@admin.register(GrantRule)
class GrantRuleAdmin(AuditedAdmin):
    topic = Topic.FIGURES
    form = GrantRuleForm
    list_display = ("__str__", "programme", "organisation", "starts_on", "ends_on")
    list_select_related = ("programme", "organisation")
