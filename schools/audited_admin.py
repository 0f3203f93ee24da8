"""The administration's own changes, in the audit trail: every page of it that changes rows is of this kind."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import now

from schools import acts, audit
from schools.models import Topic


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Django runs each of these in one transaction with the change; all but the last."""

    topic: Topic = Topic.PLACES
    # That these are changed is told; from what and to what is not.
    untold: tuple[str, ...] = ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        columns = {field.name for field in obj._meta.concrete_fields if field.editable} - set(self.untold)
        told = [name for name in form.changed_data if name in columns]
        stored = type(obj)._base_manager.get(pk=obj.pk) if change else None
        was = audit.look(stored, *told) if stored else dict.fromkeys(told)
        super().save_model(request, obj, form, change)
        changes = {name: (None, None) for name in form.changed_data if name in self.untold}
        changes |= audit.differences(obj, was)
        changes |= self.further_changes(stored, obj)
        if changes or not change:
            act = acts.ROW_CHANGED if change else acts.ROW_ADDED
            audit.record(act, of=obj, changes=changes, topic=self.topic, at=now())

    def log_addition(self, *about: Any) -> None:  # type: ignore[override]
        """Nor a change, nor a deletion: Django's own log would tell it a second time, and for good."""

    log_change = log_deletions = log_addition  # type: ignore[assignment]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """That log is empty, and its page would say that nothing ever changed: the trail is at the desk."""
        return redirect("desk:changes")

    def further_changes(self, stored: Any, obj: Any) -> audit.Changes:
        """What is told by another name than that of a column; `stored` is None for a new row."""
        return {}

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        audit.record(acts.ROW_REMOVED, of=obj, topic=self.topic, at=now())
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            audit.record(acts.ROW_REMOVED, of=row, topic=self.topic, at=now())
        super().delete_queryset(request, queryset)
