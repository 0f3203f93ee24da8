"""Municipalities come, move and go, where an installation serves many (docs/municipalities.md).

Each of these may be killed at any moment and be run again: nobody is served before everything is there, or after
anything is gone.
"""

import datetime as dt
import json
import os
from collections.abc import Mapping
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction

from attendance import backups, housekeeping, restoring
from schools import invitations
from schools.models import User
from schools.signin.municipality import read_roles
from towns import registry, serving

_ROWS, _SETTINGS, _KEY = "rows.backup", "settings.json", "secret-key"


class MunicipalityRefused(Exception):
    """It says why."""


def add(name: str, given: Mapping[str, str], *, email: str, person: str, language: str, at: dt.datetime) -> None:
    """A schema with everything in it but people and programme, and an invitation to its first coordinator.

    Raises ImproperlyConfigured for a setting that cannot be, ValidationError for the address.
    """
    _check(given)
    registry.prepare()
    row = next((row for row in registry.everyone() if row.name == name), None)
    if row is None:
        row = registry.enter(name, given)
    elif row.is_served:
        raise MunicipalityRefused(f"{name} is here already.")
    _make_schema(name)
    with serving(registry.town_of(row)):
        tables = connection.introspection.table_names()
        if restoring.MARK in tables:
            raise _unfinished(name)
        if "django_migrations" not in tables:
            # The first migration makes that table: without a mark, half of it would pass for one that is stopped.
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE TABLE IF NOT EXISTS {registry.NEW} (since integer)")
        call_command("migrate", verbosity=0, interactive=False)
        if not User.objects.exists():
            invitations.invite_first(email=email, name=person, language=language, at=at)
        housekeeping.begin(at=at)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {registry.NEW}")
    registry.serve(name)


def change(name: str, given: Mapping[str, str]) -> None:
    """Settings, each by its name; an empty one is taken away. Raises ImproperlyConfigured for one that cannot be."""
    _check(given)
    registry.change(name, given)


def start(name: str, *, at: dt.datetime) -> None:
    """Raises MunicipalityRefused for one that was not added to its end, or whose restoring is not over."""
    town = registry.town_of(registry.by_name(name))
    if not registry.is_whole(name):
        raise _unfinished(name)
    with serving(town):
        # The program may be another than when it was stopped.
        call_command("migrate", verbosity=0, interactive=False)
        housekeeping.begin(at=at)
    registry.serve(name)


def leave(name: str, folder: Path, *, with_rows: bool = True) -> dict[str, int]:
    """All that it is, in a new folder: its rows, its settings, and its key. Stop serving it first, if it moves.

    Returns figures to compare with those on arrival; none without its rows, for those are in its backups.
    """
    row = registry.by_name(name)
    folder.mkdir(mode=0o700)
    figures = {}
    if with_rows:
        with serving(registry.town_of(row)):
            figures = backups.write(folder / _ROWS)
    _write(folder / _SETTINGS, json.dumps({"name": name, "settings": dict(row.given)}, indent=2, ensure_ascii=False))
    # What SECRET_KEY is for one alone. To travel by another road than the rows.
    _write(folder / _KEY, registry.key_of(row))
    return figures


def arrive(folder: Path, given: Mapping[str, str], *, at: dt.datetime) -> tuple[str, dict[str, int]]:
    """From what `leave` wrote, under the same name and with the same key; settings may be others. Then it is served.

    Weeks that are over by now are closed first, and rows that have outlived their days destroyed, as with any backup.
    Without its rows it tells no figures and is not served: its backup is restored, and it is started.
    """
    try:
        said = json.loads((folder / _SETTINGS).read_text())
        name, key = said["name"], (folder / _KEY).read_text()
    except (OSError, ValueError, KeyError) as error:
        raise MunicipalityRefused(f"{folder} is not what a municipality left with: {error}") from None
    settings = {**said["settings"], **given}
    _check(settings)
    registry.prepare()
    row = next((row for row in registry.everyone() if row.name == name), None)
    if row is None:
        row = registry.enter(name, settings, key=key)
    elif row.is_served or registry.key_of(row) != key:
        raise MunicipalityRefused(f"{name} is here already.")
    _make_schema(name)
    if not (folder / _ROWS).exists():
        return name, {}
    with serving(registry.town_of(row)):
        figures = backups.restore(folder / _ROWS, at=at)
        housekeeping.begin(at=at)
    registry.serve(name)
    return name, figures


def adopt(name: str, given: Mapping[str, str], *, key: str) -> None:
    """The one municipality that this database held until now becomes the first of many, with its rows and its key.

    Raises MunicipalityRefused where there is none, or its restoring is not over.
    """
    registry.check_name(name)
    _check(given)
    if registry.everyone():
        raise MunicipalityRefused("There are municipalities already: export this one where it is, and import it.")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.django_migrations') IS NOT NULL")
        if cursor.fetchone() != (True,):
            raise MunicipalityRefused("The schema `public` of this database holds no municipality.")
        cursor.execute("SELECT to_regclass(%s) IS NULL", [f"public.{restoring.MARK}"])
        if cursor.fetchone() != (True,):
            raise _unfinished(name)
        cursor.execute(f"ALTER SCHEMA public RENAME TO {name}")
        cursor.execute("CREATE SCHEMA public")
        registry.prepare()
        registry.enter(name, given, key=key)
        registry.serve(name)


def remove(name: str) -> None:
    """For good. Its key goes first: what is left in a backup of this database names nobody, even if this is killed."""
    registry.by_name(name)
    registry.stop_serving(name)
    registry.destroy_key(name)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
    registry.strike_out(name)


def _check(given: Mapping[str, str]) -> None:
    """What config/settings.py cannot read: the registry sees to all else. Raises ImproperlyConfigured."""
    read_roles(given.get("OIDC_ROLES", ""))


def _unfinished(name: str) -> MunicipalityRefused:
    first = "Add it again" if registry.is_new(name) else "Restore its backup first"
    return MunicipalityRefused(f"{name} is not whole. {first}.")


def _make_schema(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
