from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save
from django.utils.timezone import now


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = "What is offered"

    def ready(self) -> None:
        # Names and addresses are changed by the administrator, and stand in every calendar.
        for model in ("schools.Organisation", "schools.Location", "schools.Neighbourhood", "activities.Programme"):
            post_save.connect(self._note_change, sender=model, dispatch_uid=f"{model} saved")
            post_delete.connect(self._note_change, sender=model, dispatch_uid=f"{model} deleted")

    def _note_change(self, **signal: Any) -> None:
        edition: Any = self.get_model("Edition")
        edition.note_change(at=now())
