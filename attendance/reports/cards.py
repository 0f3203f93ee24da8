"""Cards with passes, ten on a sheet of A4, ready to cut."""

import datetime as dt
import json
from collections.abc import Iterable

import typst
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from activities import wording
from attendance.passes import IssuedPass
from schools.colours import printed
from schools.qr import qr_svg

TEMPLATE = settings.BASE_DIR / "templates" / "attendance" / "cards.typ"


def cards_pdf(issued: Iterable[IssuedPass], *, valid_until: dt.date) -> bytes:
    """A PDF/UA-1 in the language of the moment. The tokens are in the codes, and nowhere as text."""
    data = {
        "language": get_language(),
        "title": _("Passes"),
        "programme": settings.PROGRAMME_NAME,
        "town": settings.TOWN_NAME,
        "valid": _("Valid until"),
        "until": wording.date_with_year(valid_until),
        "sentences": [_("Show this pass at the door."), _("Your name is not in it.")],
        "code": _("QR code of pass %(number)s"),
        "colours": printed()._asdict(),
        "cards": [{"number": card.number, "qr": qr_svg(card.url)} for card in issued],
    }
    return typst.compile(
        TEMPLATE,
        sys_inputs={"data": json.dumps(data)},
        font_paths=[settings.FONTS_DIR],
        format="pdf",
        pdf_standards=["ua-1"],
    )
