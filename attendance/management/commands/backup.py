from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from attendance import backups


class Command(BaseCommand):
    help = "The whole database in one file, while it is in use. It holds keys: keep it no longer than a week is open."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            figures = backups.write(file)
        except backups.BackupRefused as error:
            raise CommandError(str(error)) from None
        self.stdout.write("\n".join(f"{name}: {number}" for name, number in figures.items()))
