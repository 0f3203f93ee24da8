import os
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from django.utils.timezone import now

from attendance.housekeeping import keep_house

EVERY = 3600  # seconds


class Command(BaseCommand):
    help = "The worker: does the periodic work, now and every hour. Any number of workers may run."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--with", dest="parent", type=int, help="end when this process has ended")

    def handle(self, *, parent: int | None, **options: Any) -> None:
        if parent:
            threading.Thread(target=_end_with, args=[parent], daemon=True).start()
        while True:
            # A step that breaks down is logged there, and comes round again; a broken connection does not.
            keep_house(at=now())
            connection.close()
            time.sleep(EVERY)


def _end_with(parent: int) -> None:
    """A server that is killed cannot tell its worker to stop: the worker looks."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)
