"""A change that a publisher sees before it is made: the page says what will happen, and asks."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from activities.foreseeing import foresee
from activities.forms.refusals import refusals_in
from activities.models import SessionQuerySet
from schools.gate import StaffRequest

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
        with refusals_in(form) as answer["clashes"]:
            if among is None or "confirm" in request.POST:
                verb("keep_clashes" in request.POST)
                sentence, page, arguments = done
                messages.success(request, sentence)
                return redirect(page, *arguments)
            answer["effect"] = foresee(lambda: verb(True), among=among(), at=now())
    return render(request, template, answer)
