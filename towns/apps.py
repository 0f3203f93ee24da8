from typing import Any

from django.apps import AppConfig, apps
from django.conf import LazySettings

from towns.own import OWN, EachItsOwn, Own


class TownsConfig(AppConfig):
    """Installed with MUNICIPALITIES=1 only."""

    name = "towns"

    def ready(self) -> None:
        for name in OWN:
            setattr(LazySettings, name, Own(name))
        # It keeps keys of rows in memory, and each schema gives its own.
        content_types: Any = apps.get_model("contenttypes", "ContentType")
        content_types.objects._cache = EachItsOwn()
