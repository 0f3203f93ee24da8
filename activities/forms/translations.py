"""A part of a form for what can be said in other languages too."""

from typing import Any, ClassVar

from django import forms
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from activities.translations import LONGEST, Translations, gathered, other_languages, translated


class TranslatedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A field for each of these in each language, none of which must be filled in."""

    translated: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.translations_before: Translations = self.instance.translations
        for code in other_languages():
            for name in self.translated:
                self.fields[f"{name}_{code}"] = self._field(name, code)
                self.initial.setdefault(f"{name}_{code}", translated(self.instance, name, language=code))

    def _field(self, name: str, code: str) -> forms.Field:
        column = self.instance._meta.get_field(name)
        words = {"field": capfirst(column.verbose_name), "language": get_language_info(code)["name_translated"]}
        is_long = name == "description"
        look: dict[str, Any] = {"lang": code} | ({"rows": 4} if is_long else {})
        return forms.CharField(
            label=_("%(field)s in %(language)s") % words,
            max_length=LONGEST[name],
            required=False,
            widget=forms.Textarea(attrs=look) if is_long else forms.TextInput(attrs=look),
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        pairs = [(code, name) for code in other_languages() for name in self.translated]
        self.instance.translations = gathered(
            (code, name, cleaned.get(f"{name}_{code}", "").strip()) for code, name in pairs
        )
        return cleaned

    @property
    def translation_fields(self) -> list[tuple[str, list[forms.BoundField]]]:
        """By language, under its own name."""
        return [
            (capfirst(get_language_info(code)["name_local"]), [self[f"{name}_{code}"] for name in self.translated])
            for code in other_languages()
        ]

    @property
    def has_translations(self) -> bool:
        """Whether that part of the form has anything to show: what was filled in, or went wrong."""
        return any(field.value() or field.errors for _name, fields in self.translation_fields for field in fields)
