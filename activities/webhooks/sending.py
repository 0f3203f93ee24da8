"""One message to somebody else's server, which may be slow, wrong, hostile, or a way into our own network."""

from contextlib import closing
from http.client import HTTPException

from urllib3.exceptions import HTTPError

from activities.intake.addresses import checked
from activities.intake.connecting import Deadline, code_of, connected, introduction
from activities.intake.events import Unusable

SECONDS = 10.0  # from looking up the name to the beginning of the answer


def post(address: str, body: bytes, *, headers: dict[str, str]) -> int:
    """The status of the answer, of which nothing else is read. Redirects are not followed.

    Connects only to numbers that were checked. Raises Unusable.
    """
    here = checked(address)
    said = {
        "Host": here.authority,
        "User-Agent": introduction(),
        "Content-Type": "application/json",
        "Accept": "*/*",
        "Connection": "close",
    }
    with Deadline(SECONDS) as deadline:
        try:
            with closing(connected(here, deadline)) as connection:
                connection.request(
                    "POST", here.target, body, headers=said | headers, preload_content=False, decode_content=False
                )
                with closing(connection.getresponse()) as answer:
                    status = int(answer.status)
                if deadline.is_over:
                    # To the reader of headers being cut off looks like their end.
                    raise TimeoutError
                return status
        except (HTTPError, HTTPException, OSError, ValueError) as problem:
            raise Unusable(code_of(problem, deadline)) from None
