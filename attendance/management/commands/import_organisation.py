from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from attendance.moving import arriving


class Command(BaseCommand):
    help = "Takes in an organisation from the folder that export_organisation wrote: all of it or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            made = arriving.arrive(folder, at=now())
        except arriving.ArrivalRefused as error:
            raise CommandError(str(error)) from None
        self.stdout.write("\n".join(f"{name}: {number}" for name, number in made.items()))
