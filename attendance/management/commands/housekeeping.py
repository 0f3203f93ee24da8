import datetime as dt
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import get_default_timezone, now

from attendance.housekeeping import keep_house


def moment(text: str) -> dt.datetime:
    """A moment; without an offset it is read on the wall clock here."""
    try:
        parsed = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"not a moment: {text!r}; write 2026-11-24T15:30:00+01:00") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=get_default_timezone())


class Command(BaseCommand):
    help = "Everything periodic; safe to repeat, and to run twice at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", type=moment, help="as if it were this moment (default now)")

    def handle(self, *, at: dt.datetime | None, **options: Any) -> None:
        done = keep_house(at=at or now(), is_noted=at is None)
        for name, count in done.items():
            self.stdout.write(f"{name}: {'failed' if count is None else count}")
        if None in done.values():
            raise CommandError("Not everything could be done: the log says why.")
