"""Which kind of browser somebody has, of what it says of itself. Pure.

Five names and "another" are all that is told apart. More would help to follow a colleague, and nobody to know their
own.
"""

import re

from schools.models import Browser

# In this order: most say that they are others too.
_NAMES = (
    (r"\bEdg(?:e|A|iOS)?/", Browser.EDGE),
    (r"\bSamsungBrowser/", Browser.SAMSUNG),
    (r"\b(?:Firefox|FxiOS)/", Browser.FIREFOX),
    (r"\b(?:OPR|Vivaldi|YaBrowser)/", Browser.OTHER),
    (r"\b(?:Chrome|CriOS)/", Browser.CHROME),
    (r"\bVersion/\S+ .*Safari/", Browser.SAFARI),
)


def browser_of(user_agent: str) -> Browser:
    return next((browser for name, browser in _NAMES if re.search(name, user_agent[:500])), Browser.OTHER)


def is_handheld(user_agent: str) -> bool:
    """A tablet may say that it is a computer."""
    return bool(re.search(r"Mobi|Android|iPhone|iPad", user_agent[:500]))
