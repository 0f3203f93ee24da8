"""How a form says why a verb refused what was filled in."""

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms
from django.core.exceptions import ValidationError

from activities.clashes import Clash
from activities.conflicts import Clashing
from schools.rules import RuleViolation


@contextmanager
def refusals_in(form: forms.BaseForm) -> Iterator[list[Clash]]:
    """Around a verb: its refusals become errors of the form, at the fields that have them or over it.

    What would be in two places at once is no error, for it may be meant: that is in the list.
    """
    clashes: list[Clash] = []
    try:
        yield clashes
    except Clashing as clashing:
        clashes += clashing.clashes
    except RuleViolation as refusal:
        form.add_error(None, ValidationError(str(refusal), refusal.code))
    except ValidationError as error:
        for name, refusals in (error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}).items():
            form.add_error(name if name in form.fields else None, refusals)
