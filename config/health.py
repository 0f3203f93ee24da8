"""Whether this process answers (/healthz), and whether everything behind it is as it should be (/readyz).

A load balancer asks the first: doors must be able to deliver, also where the periodic work is late. Whoever watches
over the installation asks the second.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django_tasks_db.models import DBTaskResult

from activities.models import CalendarSource, Delivery
from attendance import closing
from attendance.housekeeping import late_after, late_steps
from config.watching import may_watch
from schools.models import Letter
from towns import registry, serving

type Check = Callable[[dt.datetime], str]


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process answers and its database does: being connected is not enough."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return HttpResponse("no database", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """A line per thing that is looked at; 503 when one of them is not as it should be.

    Where there are many municipalities it tells of each, and only to who may watch: it takes a while.
    """
    if registry.is_many() and not may_watch(request):
        raise Http404
    problems = look_at_each(at=now()) if registry.is_many() else look(at=now())
    text = "".join(f"{name}: {problem or 'ok'}\n" for name, problem in problems.items())
    return HttpResponse(text, status=503 if any(problems.values()) else 200, content_type="text/plain")


def look(*, at: dt.datetime, checks: Mapping[str, Check] | None = None) -> dict[str, str]:
    """What is wrong with each, in words; nothing where it is well."""
    problems = {}
    for name, check in (checks or CHECKS).items():
        try:
            problems[name] = check(at)
        except Error:
            problems[name] = "no answer"
    return problems


def look_at_each(*, at: dt.datetime) -> dict[str, str]:
    """The same of every municipality, by its name; of one that is stopped, whether it forgets."""
    problems: dict[str, str] = {}
    try:
        if not (served := registry.served()):
            problems["municipalities"] = "none is served"
        for checks, which in ((CHECKS, served), (OF_STOPPED, registry.stopped())):
            for town in which:
                with serving(town):
                    problems |= {f"{town.name} {name}": told for name, told in look(at=at, checks=checks).items()}
        for row in registry.everyone():
            if registry.is_marked(row.name):
                problems[f"{row.name} restoring"] = "not over"
    except Error:
        problems["database"] = "no answer"
    return problems


def missing_migrations() -> int:
    applied = MigrationRecorder(connection).applied_migrations().keys()
    return len(_migrations() - applied)


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    """Those of this version of the program."""
    return frozenset(MigrationLoader(None).disk_migrations)


def _database(at: dt.datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _applied(at: dt.datetime) -> str:
    missing = missing_migrations()
    return f"{missing} not applied" if missing else ""


def _on_time(at: dt.datetime) -> str:
    late = late_steps(at=at)
    return f"late: {', '.join(late)}" if late else ""


def _moving(at: dt.datetime) -> str:
    """What should have been done long ago, whatever the worker says of itself."""
    past = at - late_after()
    waiting = _kept(past) | {
        "calendars not looked at": CalendarSource.objects.due_at(past).exists(),
        "letters not tried": Letter.objects.filter(sent_at=None, failed_at=None, due_at__lt=past).exists(),
        "messages not tried": Delivery.objects.overdue_at(past).exists(),
        "tasks not begun": DBTaskResult.objects.ready().filter(enqueued_at__lt=past).exists(),
    }
    return _named(waiting)


def _forgetting(at: dt.datetime) -> str:
    return _named(_kept(at - late_after()))


def _kept(past: dt.datetime) -> dict[str, int]:
    return {
        "weeks that do not close": len(closing.due(at=past)),
        "check-ins kept too long": closing.outlived(at=past).exists(),
    }


def _named(waiting: Mapping[str, int]) -> str:
    return ", ".join(name for name, number in waiting.items() if number)


CHECKS: dict[str, Check] = {
    "database": _database,
    "migrations": _applied,
    "housekeeping": _on_time,
    "queue": _moving,
}
OF_STOPPED: dict[str, Check] = {"migrations": _applied, "forgetting": _forgetting}
