import os
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from attendance import municipalities
from attendance.backups import BackupRefused
from towns import registry

REFUSALS = (ImproperlyConfigured, municipalities.MunicipalityRefused, registry.NoSuchMunicipality, BackupRefused)


def setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ArgumentTypeError(f"not a setting: {text!r}; write TOWN_NAME=Zaanstad")
    return name, value


class Command(BaseCommand):
    help = "Municipalities of an installation that serves many: adds, lists, changes, moves and removes them."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True, metavar="WHAT")
        doing.add_parser("list", help="their names, addresses, and whether they are served")
        one = doing.add_parser("add", help="a new one, with an invitation for its first coordinator")
        one.add_argument("name", help="of its schema: small letters, digits and _")
        one.add_argument("email", help="of its first coordinator")
        one.add_argument("person", help="the name of this first coordinator")
        one.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default="nl")
        self._take_settings(one)
        one = doing.add_parser("set", help="settings of one; NAME= takes one away")
        one.add_argument("name")
        self._take_settings(one)
        for doing_what, said in (("stop", "serves it no longer"), ("start", "serves it again")):
            doing.add_parser(doing_what, help=said).add_argument("name")
        one = doing.add_parser("export", help="all that it is, in a new folder; its key too")
        one.add_argument("name")
        one.add_argument("folder", type=Path)
        one.add_argument("--without-rows", action="store_true", help="its settings and its key alone")
        one = doing.add_parser("import", help="one that was exported elsewhere")
        one.add_argument("folder", type=Path)
        self._take_settings(one)
        one = doing.add_parser("adopt", help="makes the only municipality of this database the first of many")
        one.add_argument("name")
        self._take_settings(one)
        doing.add_parser("relock", help="keys under a new SECRET_KEY; SECRET_KEY_BEFORE has the old one")
        one = doing.add_parser("remove", help="for good: its key, then its schema")
        one.add_argument("name")
        one.add_argument("--really", metavar="NAME", help="the name once more; otherwise it is asked for")

    def _take_settings(self, parser: ArgumentParser) -> None:
        parser.add_argument("given", nargs="*", type=setting, metavar="SETTING=VALUE", help="see the README")

    def handle(self, *, doing: str, given: Sequence[tuple[str, str]] = (), **options: Any) -> None:
        if not registry.is_many():
            raise CommandError("This installation serves one municipality: MUNICIPALITIES is not set.")
        try:
            getattr(self, f"_{doing}")(given=dict(given), **options)
        except REFUSALS as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None

    def _list(self, **options: Any) -> None:
        for row in registry.everyone():
            state = "served" if row.is_served else "not served"
            self.stdout.write(f"{row.name}\t{row.given['BASE_URL']}\t{state}")

    def _add(self, *, name: str, given: dict[str, str], email: str, person: str, language: str, **options: Any) -> None:
        municipalities.add(name, given, email=email, person=person, language=language, at=now())
        self.stdout.write(f"{name} is served. The worker sends the invitation.")

    def _set(self, *, name: str, given: dict[str, str], **options: Any) -> None:
        municipalities.change(name, given)

    def _stop(self, *, name: str, **options: Any) -> None:
        registry.by_name(name)
        registry.stop_serving(name)

    def _start(self, *, name: str, **options: Any) -> None:
        municipalities.start(name, at=now())

    def _export(self, *, name: str, folder: Path, without_rows: bool, **options: Any) -> None:
        self._tell(municipalities.leave(name, folder, with_rows=not without_rows))
        self.stderr.write("The folder holds its key: let the file secret-key travel by another road.")

    def _import(self, *, folder: Path, given: dict[str, str], **options: Any) -> None:
        name, figures = municipalities.arrive(folder, given, at=now())
        if not figures:
            self.stderr.write(f"{name} is not served yet. Restore its backup, then start it.")
            return
        self._tell(figures)
        self.stderr.write(f"{name} is served. These figures must be those that the export told.")

    def _adopt(self, *, name: str, given: dict[str, str], **options: Any) -> None:
        municipalities.adopt(name, given, key=settings.SECRET_KEY)

    def _relock(self, **options: Any) -> None:
        if not (before := os.environ.get("SECRET_KEY_BEFORE")):
            raise CommandError("SECRET_KEY_BEFORE is not set.")
        registry.lock_anew(before=before)
        self.stdout.write("Start web servers and workers with this SECRET_KEY now.")

    def _remove(self, *, name: str, really: str | None, **options: Any) -> None:
        registry.by_name(name)
        if (really or input(f"Everything of {name} is destroyed. Type its name to go on: ")) != name:
            raise CommandError("Nothing was done.")
        municipalities.remove(name)
        self.stdout.write(f"{name} is gone. Its backups are not: delete them.")

    def _tell(self, figures: dict[str, int]) -> None:
        if figures:
            self.stdout.write("\n".join(f"{name}: {number}" for name, number in figures.items()))
