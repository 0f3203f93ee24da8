from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.module_loading import import_string

from attendance import restoring
from schools.writers import WRITERS


class AttendanceConfig(AppConfig):
    name = "attendance"
    verbose_name = "What happened"

    def ready(self) -> None:
        connection_created.connect(restoring.refuse, dispatch_uid="restoring")
        # By its name: it needs the models of this app.
        import_string("attendance.answering.connect")()
        WRITERS["digest"] = "attendance.digests.write"
