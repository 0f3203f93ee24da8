"""For the administrator: people and places. What happened at a door is not shown here."""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult

from schools import acts, audit, people
from schools.audited_admin import AuditedAdmin
from schools.models import AccessToken, Journey, Location, Membership, Neighbourhood, Organisation, Topic, User
from schools.rights import NOTHING, Rights, refusal_for_managing
from schools.rules import RuleViolation
from schools.signin import second_step, sessions

# What is queued is nothing to change by hand: letters have a page of their own at the desk.
admin.site.unregister(DBTaskResult)


def check(to_be: User, roles: Iterable[Membership], *, by: Any) -> None:
    """Whether `by` may make this person so, with these roles. Raises RuleViolation."""
    becoming = Rights.by(roles, is_administrator=to_be.is_superuser) if to_be.is_active else NOTHING
    by, *was = people.lock(by, *([to_be] if to_be.pk else []))
    if refusal := refusal_for_managing(was[0] if was else None, becoming=becoming, by=by):
        raise RuleViolation(refusal.value, refusal.label)


def check_with_own_roles(to_be: User, *, by: Any) -> None:
    """The same with the roles that this person has. Raises PermissionDenied."""
    try:
        check(to_be, Membership.objects.filter(user=to_be.pk), by=by)
    except RuleViolation as refused:
        raise PermissionDenied(str(refused)) from None


class RolesFormSet(BaseInlineFormSet[Membership, User, Any]):
    """What a person is to be is known here: these roles, and what the form over them has."""

    by: User

    def clean(self) -> None:
        super().clean()
        kept = [form.instance for form in self.forms if form not in self.deleted_forms and form.instance.role]
        try:
            check(self.instance, kept, by=self.by)
        except RuleViolation as refused:
            raise ValidationError(str(refused), refused.code) from None


class MembershipInline(admin.TabularInline):
    model = Membership
    formset = RolesFormSet
    extra = 0
    autocomplete_fields = ("organisation", "location")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **kwargs)
        formset.by = request.user
        return formset


@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):
    topic = Topic.PEOPLE
    untold = ("email", "groups", "user_permissions")
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

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Whoever may not see the roles has no form of them either, which would have asked."""
        check_with_own_roles(obj, by=request.user)
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        user = form.instance
        had = {role.pk: str(role) for role in Membership.objects.filter(user=user)}
        super().save_formset(request, form, formset, change)
        has = {role.pk: str(role) for role in Membership.objects.filter(user=user)}
        for key in sorted(had.keys() | has.keys()):
            before, after = had.get(key), has.get(key)
            act = acts.ROLE_GIVEN if before is None else acts.ROLE_TAKEN if after is None else acts.ROLE_CHANGED
            if before != after:
                audit.record(act, of=user, changes={"role": (before, after)}, at=now())

    @transaction.atomic
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Between the question of who is left, and the end of who is chosen here, comes nobody."""
        return super().changelist_view(request, extra_context)

    @transaction.atomic
    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Who may not go stands with what holds them: then nobody of these goes."""
        *rest, held = super().get_deleted_objects(objs, request)
        by, *leaving = people.lock(request.user, *objs)  # type: ignore[arg-type]
        refused = [refusal_for_managing(one, becoming=NOTHING, by=by, leaving=leaving) for one in leaving]
        return *rest, [*held, *{refusal.label for refusal in refused if refusal}]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        with transaction.atomic():
            if (person := self.get_object(request, unquote(id))) and self.has_change_permission(request, person):
                check_with_own_roles(person, by=request.user)
            answer = super().user_change_password(request, id, form_url)
            if request.method == "POST" and isinstance(request.user, User):
                # This session has another key now, whoever the password is of.
                sessions.note(request, request.user)
            return answer

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Called after every change; of a password this is the only word that Django gives."""
        if isinstance(form, AdminPasswordChangeForm):
            audit.record(acts.PASSWORD_SET, of=form.user, at=now())
            sessions.others(request, form.user).end()
        return super().construct_change_message(request, form, formsets, add)


admin.site.unregister(Group)


@admin.register(Group)
class AuditedGroupAdmin(AuditedAdmin, GroupAdmin):
    topic = Topic.PEOPLE
    untold = ("permissions",)


@admin.register(Neighbourhood)
class NeighbourhoodAdmin(AuditedAdmin):
    list_display = ("name", "slug")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Organisation)
class OrganisationAdmin(AuditedAdmin):
    list_display = ("name", "kind", "slug")
    list_filter = ("kind",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Location)
class LocationAdmin(AuditedAdmin):
    list_display = ("name", "organisation", "neighbourhood", "slug")
    list_filter = ("neighbourhood",)
    list_select_related = ("organisation", "neighbourhood")
    search_fields = ("name", "slug", "address")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Journey)
class JourneyAdmin(AuditedAdmin):
    """Both ways at once; where none is written down, it takes the usual time (TRAVEL_MINUTES)."""

    list_display = ("one_end", "other_end", "minutes")
    list_select_related = ("one_end", "other_end")
    search_fields = ("one_end__name", "other_end__name")
    autocomplete_fields = ("one_end", "other_end")


@admin.register(AccessToken)
class AccessTokenAdmin(AuditedAdmin):
    """Tokens are made at the desk and by a command, which show them once; here they are seen and revoked."""

    list_display = ("name", "user", "scope", "organisation", "created_at", "expires_at", "used_at", "revoked_at")
    list_select_related = ("user", "organisation")
    topic = Topic.PEOPLE
    readonly_fields = ("user", "scope", "organisation", "created_at", "used_at")
    fields = ("name", "user", "scope", "organisation", "created_at", "expires_at", "used_at", "revoked_at")

    def has_add_permission(self, request: object) -> bool:
        return False


# ---------------------------------------------------------------- how people sign in

for table in (EmailAddress, EmailConfirmation, SocialApp, SocialToken, SocialAccount, Authenticator):
    if admin.site.is_registered(table):
        admin.site.unregister(table)


class ReadAndRemove(AuditedAdmin):
    """Made by their owner at the desk, and by nobody else; removed for who lost a phone or left."""

    topic = Topic.PEOPLE
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Of somebody whom the reader does not look after, nothing goes."""
        *rest, held = super().get_deleted_objects(objs, request)
        by: Any = request.user
        refused = [refusal_for_managing(one.user, becoming=Rights.of(one.user), by=by) for one in objs]
        return *rest, [*held, *{refusal.label for refusal in refused if refusal}]


@admin.register(Authenticator)
class SecondStepAdmin(ReadAndRemove):
    """What is told of a removal is the person, and no row that is gone."""

    list_display = ("user", "type", "created_at", "last_used_at")
    fields = ("user", "type", "created_at", "last_used_at")

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        self.delete_queryset(request, Authenticator.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authenticator]) -> None:
        second_step.take_away(queryset, here=request.session.session_key, at=now())


@admin.register(SocialAccount)
class MunicipalityAccountAdmin(ReadAndRemove):
    """Known by its `sub`. Without this row the person signs in here with a password again, once there is one."""

    list_display = ("user", "provider", "uid", "last_login", "date_joined")
    fields = ("user", "provider", "uid", "last_login", "date_joined")
