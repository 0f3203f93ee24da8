import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from attendance import closing, shredding
from attendance.management.commands.housekeeping import moment


class Command(BaseCommand):
    help = "Closes every week whose days of grace are over: its figures become final, and who came is forgotten."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", type=moment, help="as if it were this moment (default now)")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *, at: dt.datetime | None, dry_run: bool, **options: Any) -> None:
        at = at or now()
        try:
            for monday in closing.due(at=at):
                if closed := closing.close_week(monday, at=at, is_trial=dry_run):
                    self.stdout.write(f"{'would close' if dry_run else 'closed'} {closed}")
        except closing.ClosingRefused as error:
            raise CommandError(f"{error}. The week stays open.") from None
        finally:
            if not dry_run:
                shredding.shred(at=at)
