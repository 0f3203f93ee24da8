import importlib

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"
    verbose_name = "How machines ask"

    def ready(self) -> None:
        # Registers how our tokens are described.
        importlib.import_module("api.schema")
