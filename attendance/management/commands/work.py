import logging
import os
import signal
import threading
from collections.abc import Callable
from contextvars import copy_context
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections, connection
from django.utils.timezone import now

from attendance.housekeeping import keep_house
from schools import queue
from towns import current, one_after_another, registry

EVERY = 3600  # seconds
TURN = 20  # tasks
log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "The worker: runs what is queued, and every hour the periodic work. Any number of workers may run."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--with", dest="parent", type=int, help="end when this process has ended")

    def handle(self, *, parent: int | None, **options: Any) -> None:
        ending = threading.Event()

        def end(number: int, frame: FrameType | None) -> None:
            ending.set()

        # A task is not cut off half-way: a letter may be on its way to the mail server.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        # Beside the queue: closing the weeks of a country takes minutes.
        threading.Thread(target=copy_context().run, args=[keep_house_until, ending], daemon=True).start()
        work_off_until(ending, parent=parent)


def work_off_until(ending: threading.Event, *, parent: int | None = None) -> None:
    while not ending.wait(1):
        if parent and os.getppid() != parent:
            return  # a server that is killed cannot tell its worker to stop
        try:
            close_old_connections()
            # In turns, so that nobody waits for all the letters of another municipality.
            _wherever(lambda: queue.work_off(lambda: ending.is_set() or _is_stopped(), most=TURN))
        except Exception:
            # Such as a database that restarts.
            log.exception("the queue")
            connection.close()


def keep_house_until(ending: threading.Event) -> None:
    while not ending.is_set():
        try:
            # A step that breaks down is logged there, and comes round again; a broken connection does not.
            _wherever(lambda: keep_house(at=now(), has_queue=True), with_stopped=True)
        except Exception:
            log.exception("housekeeping")
        connection.close()
        ending.wait(EVERY)


def _wherever(do: Callable[[], object], *, with_stopped: bool = False) -> None:
    """For the one municipality there is; or for each of many, where a failure stops no other."""
    if registry.is_many() and current() is None:
        one_after_another(registry.in_turn(with_stopped=with_stopped), lambda _town: do())
    else:
        do()


def _is_stopped() -> bool:
    town = current()
    return town is not None and not registry.is_served(town)
