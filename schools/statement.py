"""The accessibility statement in the model form of Dutch law: what is known of this site, and since when.

Besluit digitale toegankelijkheid overheid. Without a whole examination by WCAG-EM the status is C at most, whatever a
computer finds: who has this site examined changes what stands here. To be looked through once a year, and after a large
change.
"""

import datetime as dt
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MADE_ON = dt.date(2026, 11, 27)
CHANGED_ON = dt.date(2026, 11, 27)
# When its makers last looked at it themselves; before when somebody independent is to examine it.
TRIED_ON = dt.date(2026, 11, 27)
TO_BE_EXAMINED_BEFORE = dt.date(2027, 7, 1)

STATUS = "C"
# What the law's letters mean, and when a site may call itself that.
STATUSES = [
    ("A", _("Meets all the rules"), _("Everything was examined. No fault was found.")),
    ("B", _("Meets a part of the rules"), _("Everything was examined. Of each fault it says when it is mended.")),
    ("C", _("First steps taken"), _("We work on it. Not everything was examined yet.")),
    ("D", _("Does not meet the rules"), _("There is a statement, but nobody works on it yet.")),
    ("E", _("No statement"), _("Nothing is known.")),
]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One that is known: against which rule of WCAG, and what is done about it."""

    rule: str
    what: Promise
    why: Promise
    effect: Promise
    instead: Promise
    mended_before: dt.date


FAULTS = [
    Fault(
        rule="2.2.1",
        what=_("Staff are logged out without a warning."),
        why=_("An account that nobody uses must close by itself. There is no question first yet."),
        effect=_("Do you work slowly on a form? Then you lose what you typed."),
        instead=_("Save in between. It happens only after a long time without a new page."),
        mended_before=dt.date(2027, 4, 1),
    ),
]
