"""manage.py where there are many municipalities: `--municipality NAME`, or all of them one after the other.

manage.py housekeeping                          for all
manage.py backup '/backups/{municipality}.backup'   the same, each into its own file
manage.py restore FILE --municipality zaanstad  for one; what is for one only must say for which
"""

import sys
from collections.abc import Callable, Iterable, Sequence

import django
from django.core.management import execute_from_command_line, get_commands

import towns
from towns import registry

# What may be done for all, one after the other.
FOR_ALL = {"migrate", "housekeeping", "close_weeks", "privacy_report", "backup", "showmigrations"}
# Of these, what is done for those that are stopped too: they keep rows and keys.
FOR_STOPPED = FOR_ALL - {"backup"}
# What is of the installation: these go from one to the next by themselves, or ask no database.
OF_THE_INSTALLATION = {"municipality", "work", "serve"}
# Of Django's own, what is done to one schema.
FOR_ONE = {"createsuperuser", "changepassword", "shell", "dumpdata", "loaddata", "flush", "clearsessions", "sqlmigrate"}
OPTION, PLACE = "--municipality", "{municipality}"


def run(arguments: Sequence[str], *, execute: Callable[[list[str]], None] = execute_from_command_line) -> None:
    """In place of Django's own. Ends with 1 if it failed for any of them."""
    rest, name = without_option(list(arguments))
    command = rest[1] if len(rest) > 1 else ""
    if not registry.is_many():
        if name is not None:
            sys.exit(f"{OPTION}: this installation serves one municipality (MUNICIPALITIES is not set).")
        execute(rest)
        return
    django.setup()
    if name is None and not _concerns_one(command):
        execute(rest)
        return
    if name is None and command not in FOR_ALL:
        sys.exit(f"{command} is for one municipality: say which with {OPTION} NAME.")
    try:
        chosen = [registry.town_of(registry.by_name(name))] if name else _all(command)
    except registry.NoSuchMunicipality as error:
        sys.exit(str(error))

    refused = []

    def once(town: towns.Town) -> None:
        if name is None:
            sys.stderr.write(f"{town.name}:\n")
        try:
            execute([part.replace(PLACE, town.name) for part in rest])
        except SystemExit as end:
            # By a signal: it was all of them that were to be ended (attendance/management/commands/backup.py).
            if isinstance(end.code, int) and end.code >= 128:
                raise
            # It has said why.
            if end.code:
                refused.append(town.name)

    if failed := towns.one_after_another(chosen, once) + refused:
        sys.exit(f"{command} failed for: {', '.join(sorted(failed))}")


def _all(command: str) -> Iterable[towns.Town]:
    return registry.in_turn(with_stopped=command in FOR_STOPPED)


def without_option(arguments: list[str]) -> tuple[list[str], str | None]:
    for place, argument in enumerate(arguments):
        if argument == OPTION and place + 1 < len(arguments):
            return arguments[:place] + arguments[place + 2 :], arguments[place + 1]
        if argument.startswith(f"{OPTION}="):
            return arguments[:place] + arguments[place + 1 :], argument.partition("=")[2]
    return arguments, None


def _concerns_one(command: str) -> bool:
    ours = get_commands().get(command) in {"schools", "activities", "attendance", "api"}
    return command not in OF_THE_INSTALLATION and (ours or command in FOR_ALL | FOR_ONE)
