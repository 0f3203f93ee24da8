import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from attendance import backups
from attendance.management.commands.housekeeping import moment


class Command(BaseCommand):
    help = "A backup into an empty database; the weeks that are over by now are closed before anything is served."
    # The database may be empty, or of an older version.
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--at", type=moment, help="as if it were this moment (default now)")
        parser.add_argument(
            "--with-open-weeks", action="store_true", help="also where a week's figures are not those of its rows"
        )

    def handle(self, *, file: Path, at: dt.datetime | None, with_open_weeks: bool, **options: Any) -> None:
        try:
            figures = backups.restore(file, at=at or now(), with_open_weeks=with_open_weeks)
        except backups.BackupRefused as error:
            raise CommandError(str(error)) from None
        self.stdout.write("\n".join(f"{name}: {number}" for name, number in figures.items()))
        self.stderr.write(
            "These figures must be those that the backup told. What was revoked after it is valid again: "
            "revoke such phones, passes, tokens and people anew."
        )
