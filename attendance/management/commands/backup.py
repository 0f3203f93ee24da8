import signal
import sys
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from attendance import backups


class Command(BaseCommand):
    help = "The whole database in one file, while it is in use. It holds keys: keep it for days, not for weeks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="a new file, or a folder in which one is made")
        parser.add_argument("--keep-days", type=int, help="first delete what is older in that folder")

    def handle(self, *, path: Path, keep_days: int | None, **options: Any) -> None:
        at = now()
        if keep_days is not None:
            if not path.is_dir():
                raise CommandError("--keep-days is about a folder of backups.")
            backups.delete_older(path, than=timedelta(days=keep_days), at=at)
        # Who is stopped half-way tidies up first, and ends pg_dump: what is there has keys.
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        try:
            figures = backups.write(backups.place_in(path, at=at) if path.is_dir() else path)
        except backups.BackupRefused as error:
            raise CommandError(str(error)) from None
        self.stdout.write("\n".join(f"{name}: {number}" for name, number in figures.items()))
