"""A change that a publisher sees before it is made: the page says what will happen, and asks."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from activities.conflicts import Clashing
from activities.foreseeing import foresee
from activities.models import SessionQuerySet
from schools.gate import StaffRequest
from schools.rules import RuleViolation

# What the verb is given: whether something may be in two places at once.
type Verb = Callable[[bool], Any]


def ask_first(
    request: StaffRequest,
    form: forms.BaseForm,
    verb: Verb,
    *,
    among: Callable[[], SessionQuerySet] | None = None,
    template: str,
    context: dict[str, Any],
    done: tuple[str, str, list[Any]],
) -> HttpResponse:
    """Show the form; then what would happen to the sessions among these; then do it, say so, and go to a page.

    Without `among` it is done at once. `done` is the sentence, the name of the page and its arguments.
    """
    answer = {**context, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            if among is None or "confirm" in request.POST:
                verb("keep_clashes" in request.POST)
                sentence, page, arguments = done
                messages.success(request, sentence)
                return redirect(page, *arguments)
            answer["effect"] = foresee(lambda: verb(True), among=among(), at=now())
        except Clashing as clashing:
            answer["clashes"] = clashing.clashes
        except RuleViolation as refusal:
            form.add_error(None, ValidationError(str(refusal), refusal.code))
        except ValidationError as error:
            add_errors(form, error)
    return render(request, template, answer)


def add_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """What the rules say of values, at the fields that have them, or over the form."""
    for name, refusals in (error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}).items():
        form.add_error(name if name in form.fields else None, refusals)
