"""For the administrator: people, places and targets. What happened at a door is not shown here."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from schools.models import AccessToken, Journey, Location, Membership, Neighbourhood, Organisation, User


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("organisation", "location")


@admin.register(User)
class PersonAdmin(UserAdmin):
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_superuser")
    list_filter = ("is_active", "is_superuser", "memberships__role")
    search_fields = ("email", "name")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")}),
    )
    inlines = (MembershipInline,)


@admin.register(Neighbourhood)
class NeighbourhoodAdmin(admin.ModelAdmin):
    list_display = ("name", "slug")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):
    list_display = ("name", "kind", "slug")
    list_filter = ("kind",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Location)
class LocationAdmin(admin.ModelAdmin):
    list_display = ("name", "organisation", "neighbourhood", "slug")
    list_filter = ("neighbourhood",)
    list_select_related = ("organisation", "neighbourhood")
    search_fields = ("name", "slug", "address")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Journey)
class JourneyAdmin(admin.ModelAdmin):
    """Both ways at once; where none is written down, it takes the usual time (TRAVEL_MINUTES)."""

    list_display = ("one_end", "other_end", "minutes")
    list_select_related = ("one_end", "other_end")
    search_fields = ("one_end__name", "other_end__name")
    autocomplete_fields = ("one_end", "other_end")


@admin.register(AccessToken)
class AccessTokenAdmin(admin.ModelAdmin):
    """Tokens are made by a command, which shows them once; here they are seen and revoked."""

    list_display = ("name", "user", "scope", "organisation", "created_at", "expires_at", "used_at", "revoked_at")
    list_select_related = ("user", "organisation")
    readonly_fields = ("user", "scope", "organisation", "created_at", "used_at")
    fields = ("name", "user", "scope", "organisation", "created_at", "expires_at", "used_at", "revoked_at")

    def has_add_permission(self, request: object) -> bool:
        return False
