"""A replica that falls behind, hangs and dies while a storm comes in and others look.

Who looks is answered all the while, and soon reads what is new; who would know better reads it at once.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread

from config.replicas import FIT_FOR
from drills.databases import LAG, Postgres
from drills.sites import Site
from drills.stages import Stage

LOOKED_AT = ("/", "/feeds/all.ics", "/api/v1/weekly-totals", "/api/v1/sessions")
EVERY, PATIENCE, LASTS = 0.05, 2.0, 8.0  # seconds
# What a replica may be behind, what it is believed before it is looked at again, and who looks once in vain.
SEEN_WITHIN = LAG + FIT_FOR + PATIENCE + 1
_NEWS = """
from schools.models import Kind, Organisation
Organisation.objects.create(slug="{name}", name="{name}", kind=Kind.YOUTH_SHOP)
"""
_READ_FROM = """
SELECT count(*) FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
   AND query_start > clock_timestamp() - interval '1 second' AND query NOT LIKE '%pg_is_in_recovery%'
"""


class Looker(Thread):
    """Somebody who brings neither a cookie nor a token, and opens a page again and again."""

    def __init__(self, site: Site, path: str, ends: Event) -> None:
        super().__init__(name=f"looks at {path}", daemon=True)
        self.site, self.path, self.ends = site, path, ends
        self.answers: Counter[int | str] = Counter()

    def run(self) -> None:
        while not self.ends.wait(EVERY):
            try:
                status, _body = look(self.site, self.path)
                self.answers[status] += 1
            except TimeoutError:
                self.answers["late"] += 1


def look(site: Site, path: str, **headers: str) -> tuple[int, bytes]:
    """Raises TimeoutError where there is no answer after a while."""
    line = HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
    try:
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        return answer.status, answer.read()
    except (HTTPException, ConnectionError) as error:
        raise TimeoutError(str(error)) from error
    finally:
        line.close()


@contextmanager
def looking(site: Site) -> Iterator[list[Looker]]:
    ends = Event()
    lookers = [Looker(site, path, ends) for path in LOOKED_AT]
    for one in lookers:
        one.start()
    try:
        yield lookers
    finally:
        ends.set()
        for one in lookers:
            one.join()


def fall_behind(at: Stage) -> str:
    replica = at.postgres.replica
    assert replica
    seen = []
    with looking(at.site) as lookers:
        for what, begin, end in _ways(replica):
            _until(lambda: replica.ask(_READ_FROM), seconds=30)
            begin()
            lasts_until = time.monotonic() + LASTS
            seen.append(_until_seen(at, what))
            time.sleep(max(0, lasts_until - time.monotonic()))
            end()
            at.until_answered()
    answers = sum((one.answers for one in lookers), Counter[int | str]())
    late = answers.pop("late", 0)
    assert set(answers) == {200}, answers
    return (
        f"stood still, hung and was killed; {sum(answers.values()):,} looks were answered and {late} were not within"
        f" {PATIENCE:.0f} s; what was new was seen after {', '.join(f'{one:.1f}' for one in seen)} s"
    )


def _ways(replica: Postgres) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    """What is the matter with it, how that begins, and how it ends."""
    pause = partial(replica.ask, "SELECT pg_wal_replay_pause()")
    yield "stands-still", pause, partial(replica.ask, "SELECT pg_wal_replay_resume()")
    yield "hangs", replica.freeze, replica.thaw
    yield "is-gone", replica.kill, replica.start


def _until_seen(at: Stage, name: str) -> float:
    """Seconds until everybody is told of something new."""
    at.site.shell(_NEWS.format(name=name))
    since = time.monotonic()
    token = at.storm.phones[0].headers["Authorization"]
    assert _is_told(at.site, name, Authorization=token), "who brings a token reads what was written before"
    _until(lambda: _is_told(at.site, name), seconds=SEEN_WITHIN)
    return time.monotonic() - since


def _is_told(site: Site, name: str, **headers: str) -> bool:
    try:
        _status, body = look(site, "/api/v1/organisations", **headers)
    except TimeoutError:
        return False
    return name in [one["slug"] for one in json.loads(body)["results"]]


def _until(what: Callable[[], object], *, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            raise TimeoutError(f"not after {seconds:.0f} s")
        time.sleep(0.1)
