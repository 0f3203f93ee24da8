from importlib import import_module

from django.apps import AppConfig


class SchoolsConfig(AppConfig):
    name = "schools"
    verbose_name = "Who and where"

    def ready(self) -> None:
        # It knows the models, which are there only now.
        import_module("schools.signin.hearing")
        # Which belong to no app; here they are there before the first check runs.
        import_module("config.checks")
