"""Which requests for a page are made by a machine and not by somebody who wants to read it. Pure functions."""

import re
from collections.abc import Mapping

# Messengers that draw a preview, search engines, and tools. A browser inside an app, such as that of Instagram, is
# somebody who reads; and Cubot makes phones.
_MACHINES = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|preview|facebookexternalhit|facebookcatalog|meta-external|whatsapp/|"
    r"embedly|iframely|monitor|uptime|headless|lighthouse|validator|"
    r"^(curl|wget|python|java/|go-http|okhttp|node|axios|libwww|apache-httpclient|postman)",
    re.IGNORECASE,
)
# By these a browser says that it fetches ahead what nobody has opened yet.
_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


def is_onlooker(headers: Mapping[str, str]) -> bool:
    """A link preview, a robot, or a browser that fetches ahead."""
    if any(re.search("prefetch|preview", headers.get(name, "")) for name in _AHEAD):
        return True
    program = headers.get("User-Agent", "")
    return not program or bool(_MACHINES.search(program))
