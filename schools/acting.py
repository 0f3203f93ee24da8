"""Who is at work: the person behind a request, known to everything that it sets in motion.

Not an argument of each verb: one call in forty that leaves it out would lay a person's change at the system's door.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from schools.models import User

_WHO: ContextVar[Callable[[], object]] = ContextVar("who is at work", default=lambda: None)


@contextmanager
def acting(who: Callable[[], object]) -> Iterator[None]:
    """Until the end of it this person is at work. Asked for only when something is changed."""
    mark = _WHO.set(who)
    try:
        yield
    finally:
        _WHO.reset(mark)


def at_work() -> User | None:
    """None for the system itself, for a phone at a door, and for somebody who is not signed in."""
    who = _WHO.get()()
    return who if isinstance(who, User) and who.pk else None


class Acting:
    """The person of a request, also where a token says who it is: the API writes that down on the request too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(lambda: request.user):
            return self.get_response(request)
