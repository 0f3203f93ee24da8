from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from attendance.moving import leaving


class Command(BaseCommand):
    help = "Everything that an organisation owns, as JSON, CSV and iCalendar in a new folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("folder", type=Path)

    def handle(self, *, slug: str, folder: Path, **options: Any) -> None:
        try:
            rows = leaving.leave(slug, folder, at=now())
        except leaving.LeavingRefused as error:
            raise CommandError(str(error)) from None
        self.stdout.write("\n".join(f"{name}: {number}" for name, number in rows.items()))
