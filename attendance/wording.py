"""Sentences for what happens at the door."""

from django.utils.translation import gettext_lazy as _

_CLAIM_ERRORS = {
    "required": _("This is missing."),
    "invalid": _("This cannot be used."),
    "invalid_choice": _("Choose pass, tally, group or void."),
    "out_of_range": _("This number is too small or too large."),
    "is_a_void": _("What was taken back cannot be taken back again."),
}


def of_claim_error(code: str) -> str:
    return str(_CLAIM_ERRORS[code])
