from typing import Any

from django.apps import AppConfig
from django.db import transaction
from django.db.backends.signals import connection_created
from django.db.models.signals import post_delete, post_save
from django.utils.module_loading import import_string
from django.utils.timezone import now

from activities.searching import teach_sqlite
from schools import leaving
from schools.writers import WRITERS

# What the administrator changes and stands in calendars; and how a session that shows it leads there.
_SHOWN = {
    "schools.Organisation": None,
    "schools.Neighbourhood": None,
    "schools.Location": "location",
    "activities.Programme": "activity__programme",
}


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = "What is offered"

    def ready(self) -> None:
        WRITERS["subscription_off"] = "activities.webhooks.letters.write"
        leaving.listen(self._shut_calendars, dispatch_uid="private calendars")
        connection_created.connect(teach_sqlite, dispatch_uid="letters as people look for them")
        for model in _SHOWN:
            post_save.connect(self._show_anew, sender=model, dispatch_uid=f"{model} saved")
            post_delete.connect(self._show_anew, sender=model, dispatch_uid=f"{model} deleted")

    def _shut_calendars(self, person: int, **signal: Any) -> None:
        self.get_model("CalendarKey")._default_manager.filter(user=person).delete()

    def _show_anew(self, *, instance: Any, created: bool | None = None, **signal: Any) -> None:
        """Without `created` it is gone."""
        at = now()
        tell: Any = import_string("activities.webhooks.outbox.tell_of_place")
        edition: Any = self.get_model("Edition")
        sessions: Any = self.get_model("Session")
        with transaction.atomic():
            edition.note_change(at=at)
            if path := _SHOWN[instance._meta.label]:
                sessions.objects.filter(**{path: instance}).show_anew(at=at)
            tell(instance, is_new=created is True, is_gone=created is None, at=at)
