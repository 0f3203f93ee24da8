"""Passes on paper: cards to cut out of A4, or labels to peel off it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities import wording
from attendance.passes import IssuedPass
from schools.qr import qr_svg
from schools.typesetting import set_pdf

TEMPLATE = settings.BASE_DIR / "templates" / "attendance" / "cards.typ"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """How an A4 is divided, in millimetres: the margins are what is left over."""

    label: str | Promise
    columns: int
    rows: int
    width: float
    height: float
    gap: float = 0  # between columns
    is_cut: bool = False  # along marks; labels are cut already


SHEETS = {
    # ISO/IEC 7810, ID-1: as large as a bank card.
    "cards": Sheet(
        label=gettext_lazy("Cards, 10 on a sheet (paper to cut)"),
        columns=2, rows=5, width=85.6, height=54, is_cut=True,
    ),
    "labels_21": Sheet(
        label=gettext_lazy("Labels, 21 on a sheet (63.5 × 38.1 mm, as L7160)"),
        columns=3, rows=7, width=63.5, height=38.1, gap=2.54,
    ),
    "labels_14": Sheet(
        label=gettext_lazy("Labels, 14 on a sheet (99.1 × 38.1 mm, as L7163)"),
        columns=2, rows=7, width=99.1, height=38.1, gap=2.54,
    ),
}  # fmt: skip


def cards_pdf(issued: Iterable[IssuedPass], *, valid_until: dt.date, sheet: Sheet = SHEETS["cards"]) -> bytes:
    """A PDF/UA-1 in the language of the moment. The tokens are in the codes, and nowhere as text."""
    data = {
        "sheet": {name: value for name, value in asdict(sheet).items() if name != "label"},
        "title": _("Passes"),
        "programme": settings.PROGRAMME_NAME,
        "town": settings.TOWN_NAME,
        "valid": _("Valid until"),
        "until": wording.date_with_year(valid_until),
        "sentences": [_("Show this pass at the door."), _("Your name is not in it.")],
        "code": _("QR code of pass %(number)s"),
        "cards": [{"number": card.number, "qr": qr_svg(card.url)} for card in issued],
    }
    return set_pdf(TEMPLATE, data)
