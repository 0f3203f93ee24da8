"""The token of a paired phone, as its browser keeps it: no script reads it, and no other site makes use of it."""

from django.http import HttpRequest, HttpResponse

# __Host-: of this very host, over TLS (browsers make an exception for their own machine), for every path.
NAME = "__Host-door"
# The longest that browsers allow; a phone that is used gets a new one every day.
MAX_AGE = 400 * 24 * 3600
HEADER = "X-Door"


def token_of(request: HttpRequest) -> str:
    """The token that came along; empty without our header, which a form of another site cannot send."""
    return request.COOKIES.get(NAME, "") if request.headers.get(HEADER) == "1" else ""


def hand_over(response: HttpResponse, token: str) -> None:
    response.set_cookie(NAME, token, max_age=MAX_AGE, path="/", secure=True, httponly=True, samesite="Strict")
