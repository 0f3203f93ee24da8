"""Days, times and rows as a form takes them."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class DaysField(forms.CharField):
    """Days, each as 2026-11-24 or 24-11-2026, with commas or on lines of their own."""

    MOST = 1000
    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        words = [word for word in re.split(r"[\s,;]+", value or "") if word]
        if len(words) > self.MOST:
            raise ValidationError(_("Write down %(most)s days at most."), "too_many", params={"most": self.MOST})
        return sorted({self._day(word) for word in words})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    @staticmethod
    def _day(word: str) -> str:
        turned = re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", word, re.ASCII)
        try:
            if turned:
                return dt.date(int(turned[3]), int(turned[2]), int(turned[1])).isoformat()
            return dt.date.fromisoformat(word).isoformat()
        except ValueError:
            raise ValidationError(
                _("“%(word)s” is not a day. Write it as 24-11-2026."), "invalid", params={"word": word[:40]}
            ) from None


class RowsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Rows, each by its key; what no key can be is a wrong choice like any other.

    Django asks the database for any number, and SQLite breaks down over one of more than 64 bits.
    """

    def clean(self, value: Any) -> QuerySet[Model]:
        assert self.queryset is not None
        key = self.queryset.model._meta.pk
        for chosen in value or ():
            try:
                key.run_validators(key.to_python(chosen))
            except ValidationError:
                raise ValidationError(
                    self.error_messages["invalid_choice"], "invalid_choice", params={"value": str(chosen)[:40]}
                ) from None
        return super().clean(value)
