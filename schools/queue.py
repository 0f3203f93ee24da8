"""Background tasks: Django's own framework, with its queue in the database. What is queued may run twice.

The package runs a task once and forgets about it where its worker dies; here it comes round again.
"""

import datetime as dt
from collections.abc import Callable
from itertools import count
from typing import Any

from django.db.models import Q
from django.tasks import Task, TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

# By then a worker that took it is dead, or hangs.
LOST_AFTER = dt.timedelta(minutes=30)
FORGOTTEN_AFTER = dt.timedelta(days=7)


def work_off(is_over: Callable[[], bool] = lambda: False, *, most: int | None = None) -> None:
    """Run what is ready, one after the other, until nothing is, or so many were, or until it is time to end."""
    for _task in count() if most is None else range(most):
        # A look that takes no lock: on SQLite the package's own keeps everybody else from writing.
        if is_over() or not DBTaskResult.objects.ready().exists():
            return
        _one_task().run()


def _one_task() -> Worker:
    return Worker(
        queue_names=["*"],
        excluded_queue_names=[],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=1,
        worker_id="inloop",
    )


def in_line(task: "Task[..., Any]", *, at: dt.datetime) -> set[str]:
    """What this task is being done for, or will be as soon as a worker has time: the first argument of each. One that
    broke down is in no line any more."""
    soon = Q(status=TaskResultStatus.READY, run_after__lte=at) | Q(status=TaskResultStatus.RUNNING)
    rows = DBTaskResult.objects.filter(soon, task_path=task.module_path)
    return {given["args"][0] for given in rows.values_list("args_kwargs", flat=True)}


def revive(*, at: dt.datetime) -> int:
    """Tasks whose worker died come round again."""
    lost = DBTaskResult.objects.running().filter(started_at__lt=at - LOST_AFTER)
    return lost.update(status=TaskResultStatus.READY)


def forget(*, at: dt.datetime) -> int:
    """What is done is not kept for long: what failed as little, for the log has it."""
    return DBTaskResult.objects.finished().filter(finished_at__lt=at - FORGOTTEN_AFTER).delete()[0]
