"""python -m benches.api_answers TOKEN: asks the site in its own process, through all that a request passes.

Prints seconds per request as JSON.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402

from activities.models import Session  # noqa: E402
from api.kept import ANSWERS  # noqa: E402
from api.renderers import JSONRenderer  # noqa: E402
from benches import asking  # noqa: E402
from benches.api_site import FINISHED  # noqa: E402

SLICES, TIMES = 7, 40
SESSIONS = "/api/v1/sessions"


def main(token: str) -> None:
    settings.ROOT_URLCONF = "benches.api_site"

    def ask(where: str, *, token: str = "") -> bytes:
        return b"".join(asking.ask(where, {"Authorization": f"Bearer {token}"} if token else {}))

    def afresh() -> bytes:
        ANSWERS.clear()
        return ask(SESSIONS)

    totals = "/api/v1/weekly-totals?groupBy=location"
    asked: dict[str, Callable[[], bytes]] = {
        "sessions kept": lambda: ask(SESSIONS),
        "sessions afresh": afresh,
        "totals exact": lambda: ask(totals, token=token),
        "totals public": lambda: ask(totals),
    }
    told: dict[str, Any] = {}
    for name, question in asked.items():
        FINISHED[name] = question()
        whole, finished = in_turns(question, partial(ask, f"/bare/{name}"))
        told[name] = {"whole": whole, "bare": finished, "bytes": len(FINISHED[name])}
    page = list(Session.objects.published().with_places().in_order()[:50])
    serializer: Any = importlib.import_module("api.serializers.programme").SessionSerializer
    [told["serialising"]] = in_turns(lambda: JSONRenderer().render(serializer(page, many=True).data))
    sys.stdout.write(json.dumps(told))


def in_turns(*questions: Callable[[], bytes]) -> list[float]:
    """Seconds for one of each; interleaved, so that what else this machine does slows all alike."""
    took: list[list[float]] = [[] for _question in questions]
    for _slice in range(SLICES):
        for seconds, question in zip(took, questions, strict=True):
            start = time.perf_counter()
            for _time in range(TIMES):
                question()
            seconds.append((time.perf_counter() - start) / TIMES)
    return [median(seconds) for seconds in took]


if __name__ == "__main__":
    main(*sys.argv[1:])
