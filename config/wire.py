"""What the server hands on of HTTP as it came, and Django does not read."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# As much as the proxies let through (docs/nginx.conf, deploy/Caddyfile).
MOST = 6_000_000


class Wire:
    """A body that comes in pieces without saying how long it is, as programs send that write while they make it.

    Django takes it for empty. Here it gets its length, which everything after this looks at. And no answer names
    what it was served with.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if "HTTP_TRANSFER_ENCODING" in environ:
            body = environ["wsgi.input"].read(MOST + 1)
            environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, ("Server", "Inloop")], *rest)

        return self.application(environ, start)
