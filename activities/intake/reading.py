"""Reading somebody else's calendar or list, whatever is in it."""

import datetime as dt
from dataclasses import replace

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from activities.intake import policy, wire
from activities.intake.events import Form, Refused, Taken, Unusable
from activities.intake.worker import Reader


def read(raw: bytes, *, form: Form, at: dt.datetime, may_be_empty: bool = False, reader: Reader | None = None) -> Taken:
    """What happens from a month before `at` to thirteen months after it, with what was left out and why.

    Raises Unusable when nothing of the file can be used. An event without an end, or one that ends when it
    starts, is taken for an hour. Who reads several files may pass one `Reader`: it starts only once.
    """
    if len(raw) > policy.MOST_BYTES:
        raise Unusable("too_large")
    if reader is None:
        with Reader() as own:
            return read(raw, form=form, at=at, may_be_empty=may_be_empty, reader=own)
    taken = reader.ask(wire.request(raw, form=form, at=at, may_be_empty=may_be_empty))
    with translation.override(settings.LANGUAGE_CODE):
        # Kept and shown to everyone: in the language of the site, whoever asks.
        untitled = _("(untitled)")
    return replace(
        taken,
        occurrences=tuple(one if one.title else replace(one, title=untitled) for one in taken.occurrences),
        refused=tuple(_named(one, form=form, untitled=untitled) for one in taken.refused),
    )


def _named(refused: Refused, *, form: Form, untitled: str) -> Refused:
    if form != Form.ICS:
        return replace(refused, title=_("row %(number)s") % {"number": refused.title})
    return refused if refused.title or refused.code == "private" else replace(refused, title=untitled)
