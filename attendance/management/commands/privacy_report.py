import datetime as dt
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localtime, now

from activities.weeks import label
from attendance.kept import kept
from attendance.management.commands.housekeeping import moment


class Command(BaseCommand):
    help = "What is kept of visits at this moment; fails if that is more than was promised."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", type=moment, help="as if it were this moment (default now)")

    def handle(self, *, at: dt.datetime | None, **options: Any) -> None:
        report = kept(at=at or now())
        for name, value in asdict(report).items():
            self.stdout.write(f"{name.replace('_', ' ')}: {_said(value)}")
        if report.broken:
            raise CommandError(f"More is kept than was promised: {', '.join(report.broken).replace('_', ' ')}.")


def _said(value: dt.datetime | dt.date | int | None) -> str:
    match value:
        case None:
            return "none"
        case dt.datetime():
            return localtime(value).isoformat(timespec="minutes")
        case dt.date():
            return label(value)
        case _:
            return str(value)
