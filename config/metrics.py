"""Figures of the machine, for Prometheus: counts and ages, never of a place or a session.

A place with a moment points at a child, so no label has either: labels are outcomes, states, steps and statuses.

Most come from the database, so every process on every machine tells the same: how many check-ins there ever were
by outcome, what waits, how old the work is. What leaves no row is counted where it happens (answers, replays,
calendars): those are this process's own, or with METRICS_DIR all of this machine's together.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.models import Count, Min, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from activities.models import CalendarSource, Delivery, Subscription
from attendance import closing
from attendance.models import CheckIn, DestroyedCheckIns, Device, Outcome, Place, PlaceState, StepRun
from config.health import missing_migrations
from config.watching import may_watch
from schools.models import Letter
from towns import registry, serving

log = logging.getLogger(__name__)

ANSWERED = Counter("inloop_answers", "Requests that were answered, by the class of the status.", ["status"])


class Answers:
    """Counts how requests were answered; not which, nor whose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        ANSWERED.labels(f"{response.status_code // 100}xx").inc()
        return response


@login_not_required
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """To this machine, or to who has METRICS_TOKEN; for everybody else it is not there."""
    if not may_watch(request):
        raise Http404
    registry: Collector = REGISTRY
    if settings.METRICS_DIR:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=settings.METRICS_DIR)  # type: ignore[no-untyped-call]
    kept = CollectorRegistry()
    kept.register(Kept(at=now()))
    text = generate_latest(kept) + generate_latest(registry)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


class Kept(Collector):
    """What the database tells at this moment."""

    def __init__(self, *, at: dt.datetime) -> None:
        self.at = at

    def describe(self) -> list[Metric]:
        return []  # or registering would ask the database

    def collect(self) -> Iterator[Metric]:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            is_up = True
        except Error:
            is_up = False
        yield _gauge("database_up", "Whether the database answers.", is_up)
        if is_up:
            yield from self._found()

    def _found(self) -> list[Metric]:
        try:
            return list(self._of_each() if registry.is_many() else self._told())
        except Error:
            log.exception("figures")
            return []

    def _told(self) -> Iterator[Metric]:
        yield from (*self._door(), *self._work(), *self._calendars(), *self._post())

    def _of_each(self) -> Iterator[Metric]:
        """The same of every municipality, by its name. One that is broken hides no other, and is told."""
        families: dict[str, Metric] = {}
        answers = GaugeMetricFamily(
            "inloop_municipality_answers", "Whether its figures could be read.", labels=["municipality"]
        )
        for town in registry.served():
            try:
                with serving(town):
                    found = list(self._told())
                is_well = True
            except Error:
                log.exception("municipality %s", town.name)
                found, is_well = [], False
            answers.add_metric([town.name], is_well)
            for one in found:
                whole = families.setdefault(one.name, Metric(one.name, one.documentation, one.type))
                for sample in one.samples:
                    whole.add_sample(sample.name, {"municipality": town.name, **sample.labels}, sample.value)
        yield from (answers, *families.values())

    def _door(self) -> Iterator[Metric]:
        numbers = dict.fromkeys(Outcome.values, 0) | dict(DestroyedCheckIns.objects.values_list("outcome", "number"))
        for outcome, number in CheckIn.objects.order_by().values_list("outcome").annotate(Count("pk")):
            numbers[outcome] += number
        ever = CounterMetricFamily("inloop_check_ins", "Check-ins that ever came, by outcome.", labels=["outcome"])
        for outcome, number in numbers.items():
            ever.add_metric([outcome], number)
        yield ever
        late, open_ones = CheckIn.objects.late().count(), CheckIn.objects.kept_uncounted().count()
        yield _gauge("check_ins_late", "Late check-ins that wait for a coordinator.", late)
        yield _gauge("check_ins_unsettled", "Check-ins that were kept and not counted.", open_ones)
        holding = Device.objects.holding_scans().aggregate(phones=Count("pk"), waiting=Sum("waiting", default=0))
        places = GaugeMetricFamily("inloop_places", "Places of weeks that are open, by state.", labels=["state"])
        there = dict(Place.objects.order_by().values_list("state").annotate(Count("pk")))
        for state, number in (dict.fromkeys(PlaceState.values, 0) | there).items():
            places.add_metric([state], number)
        yield places
        yield _gauge("phones", "Phones that are paired.", Device.objects.paired().count())
        yield _gauge("phones_holding", "Phones that said they still hold check-ins.", holding["phones"])
        yield _gauge("phones_waiting_check_ins", "How many check-ins these hold.", holding["waiting"])

    def _work(self) -> Iterator[Metric]:
        age = GaugeMetricFamily("inloop_step_age_seconds", "Since a step last went well.", labels=["step"])
        failures = GaugeMetricFamily("inloop_step_failures", "Tries since it last went well.", labels=["step"])
        took = GaugeMetricFamily("inloop_step_seconds", "How long its last try took.", labels=["step"])
        for run in StepRun.objects.all():
            if run.succeeded_at:
                age.add_metric([run.step], (self.at - run.succeeded_at).total_seconds())
            failures.add_metric([run.step], run.failures)
            took.add_metric([run.step], run.seconds)
        yield from (age, failures, took)
        yield _gauge("weeks_to_close", "Weeks whose days of grace are over.", len(closing.due(at=self.at)))
        yield _gauge("migrations_missing", "Migrations that are not applied.", missing_migrations())

    def _calendars(self) -> Iterator[Metric]:
        followed = CalendarSource.objects.exclude(address="").filter(stopped_at=None)
        yield _gauge("calendars_followed", "Calendars from elsewhere.", followed.count())
        yield _gauge(
            "calendars_failing", "Those that could not be read last time.", followed.filter(failures__gt=0).count()
        )
        yield _gauge("calendars_due", "Those that should be looked at now.", followed.due_at(self.at).count())

    def _post(self) -> Iterator[Metric]:
        tasks = DBTaskResult.objects.ready().aggregate(number=Count("pk"), oldest=Min("enqueued_at"))
        age = (self.at - tasks["oldest"]).total_seconds() if tasks["oldest"] else 0
        yield _gauge("tasks_waiting", "Tasks that wait for a worker.", tasks["number"])
        yield _gauge("tasks_waiting_seconds", "How long the oldest of them does.", max(0, age))
        waiting = Delivery.objects.waiting().filter(subscription__off_at=None)
        off = Subscription.objects.exclude(off_at=None)
        yield _gauge("messages_waiting", "Messages to subscribers that have not arrived.", waiting.count())
        yield _gauge("subscriptions_off", "Subscriptions that were switched off.", off.count())
        letters = Letter.objects.filter(sent_at=None)
        yield _gauge("letters_waiting", "Letters to be sent.", letters.filter(failed_at=None).count())
        yield _gauge("letters_failed", "Letters that were given up.", letters.filter(failed_at__isnull=False).count())


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(f"inloop_{name}", said, value=value)
