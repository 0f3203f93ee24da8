"""What publishers say in other languages too: the title and the description of an activity, what a programme is.

They stand with their row, as {"tr": {"title": "…"}}: whoever has read the row can say it in every language without
another query. What is not there is said in Dutch, and a page tells that it is.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

# In letters; as those of the columns that they translate.
LONGEST = {"title": 100, "description": 2000}

type Translations = dict[str, dict[str, str]]


class Translated(Protocol):
    translations: Any


def other_languages() -> list[str]:
    """Those in which something may be said beside Dutch."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def validate_translations(value: Any) -> None:
    """Raises ValidationError where this is anything but texts by language and name."""
    if not isinstance(value, dict) or not value.keys() <= set(other_languages()):
        raise ValidationError(_("This cannot be translated."), "invalid")
    for texts in value.values():
        if not isinstance(texts, dict) or not texts.keys() <= LONGEST.keys():
            raise ValidationError(_("This cannot be translated."), "invalid")
        for name, text in texts.items():
            if not isinstance(text, str) or not 0 < len(text) <= LONGEST[name]:
                raise ValidationError(_("This cannot be translated."), "invalid")


def no_translations() -> Translations:
    return {}


def translated(row: Translated, name: str, *, language: str | None = None) -> str:
    """What was written in this language, or in that of the moment; empty where nothing was."""
    texts: Mapping[str, str] = row.translations.get(language or get_language(), {})
    return texts.get(name, "")


def said(row: Translated, name: str) -> str:
    """In the language of the moment, else in Dutch."""
    return translated(row, name) or str(getattr(row, name))


def is_left_in_dutch(row: Translated, name: str) -> bool:
    """Whether somebody who reads another language gets it in Dutch."""
    return get_language() != settings.LANGUAGE_CODE and not translated(row, name) and bool(getattr(row, name))


def differences(before: Translations, after: Translations) -> dict[str, tuple[str | None, str]]:
    """What is said otherwise, each by its name and its language: title_tr."""
    pairs = [(name, code) for code in other_languages() for name in LONGEST]
    texts = {pair: tuple(these.get(pair[1], {}).get(pair[0], "") for these in (before, after)) for pair in pairs}
    return {f"{name}_{code}": (was or None, now) for (name, code), (was, now) in texts.items() if was != now}


def gathered(texts: Iterable[tuple[str, str, str]]) -> Translations:
    """From languages, names and texts; without those that are empty."""
    found: Translations = {}
    for code, name, text in texts:
        if text:
            found.setdefault(code, {})[name] = text
    return found
