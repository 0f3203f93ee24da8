"""What each version of the API brought (NL API Design Rules, changelog). The newest first; nothing is taken out."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Version(NamedTuple):
    number: str
    brought: tuple[str | Promise, ...]


VERSIONS = (
    Version(
        "1.4.0",
        (
            _("503 with Retry-After where the database does not answer: send the same again."),
            _("Webhooks: your program is told of changes and closed weeks, and needs not ask all day."),
            _("Sessions also as CSV and XLSX, by Accept."),
            _("A limit of its own for files; and over plain http the answer is 403, where it led to https."),
            _("A session of a closed week is not moved any more: 409 with week_closed. Add another date."),
            _("A check-in that comes again is answered the same for good, and one without a usable id is kept too."),
        ),
    ),
    Version(
        "1.3.0",
        (
            _("Answers for everybody have an ETag: ask with If-None-Match, and what you have is not sent again."),
            _("If-Match on changes of activities and sessions: nobody overwrites what they did not see."),
            _("Idempotency-Key on every POST that makes something: send it again without making it twice."),
            _("Tokens for one purpose: reading totals, publishing for one organisation, or the door."),
            _("A limit on calls per minute, with Retry-After."),
            _("This description names every error, and has examples."),
        ),
    ),
    Version("1.2.0", (_("Details of weekly totals, figures by band, and how many different visitors came."),)),
    Version("1.1.0", (_("Series change from a day on or end; extra dates, own free days, and kept clashes."),)),
    Version("1.0.0", (_("The programme, publishing, doors, passes, check-ins and weekly totals."),)),
)
