import json
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from attendance import demo


class Command(BaseCommand):
    help = "Fills an empty database with a fictional town, its programme and past weeks of visits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.add_argument("--weeks", type=int, default=12, help="past weeks with visits (default 12)")

    def handle(self, *, weeks: int, **options: Any) -> None:
        if not 0 <= weeks <= demo.MOST_WEEKS:
            raise CommandError(f"--weeks takes a number from 0 to {demo.MOST_WEEKS}.")
        try:
            # Looked at before the tables are brought up to date: that would be a change too.
            if not demo.is_empty():
                raise demo.NotEmpty
            call_command("migrate", verbosity=0, interactive=False)
            town = demo.fill(weeks=weeks, at=now())
        except demo.NotEmpty:
            raise CommandError("This database holds data already: nothing was changed.") from None
        if options["json"]:
            self.stdout.write(json.dumps(town))
        else:
            for role, signing_in in demo.credentials().items():
                self.stdout.write(f"{role}: {signing_in['email']} / {signing_in['password']}")
