"""Every sentence that people see is there in Dutch, and short."""

import io
import re
from pathlib import Path

import polib
import pytest
from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

PACKAGES = ("schools", "activities", "attendance", "api", "config")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
KEYWORDS |= {"pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3)}
DUTCH = polib.pofile(str(settings.BASE_DIR / "config/locale/nl/LC_MESSAGES/django.po"))


def sources() -> list[tuple[str, str]]:
    """Every source as Python: a template is turned into what its translated parts would be in it."""
    root = Path(settings.BASE_DIR)
    python = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    found = [(str(path.relative_to(root)), path.read_text()) for path in python]
    templates = [(str(path.relative_to(root)), path.read_text()) for path in sorted((root / "templates").rglob("*.*"))]
    return found + [(name, templatize(text)) for name, text in templates]


def said_in(text: str) -> set[str]:
    found = set()
    for _line, message, _comments, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
        first = message[0] if isinstance(message, tuple) else message
        if first and not context:
            found.add(first)
    return found


@pytest.mark.parametrize(("name", "text"), [pytest.param(*source, id=source[0]) for source in sources()])
def test_every_sentence_is_in_the_dutch_catalogue(name, text):
    assert {one for one in said_in(text) if DUTCH.find(one) is None} == set()


def test_nothing_in_the_dutch_catalogue_is_open():
    assert [entry.msgid for entry in [*DUTCH.untranslated_entries(), *DUTCH.fuzzy_entries()]] == []


def test_dutch_sentences_are_short():
    """At most 20 words, so that somebody who reads with effort keeps the thread (level B1)."""
    texts = [text for entry in DUTCH.translated_entries() for text in [entry.msgstr, *entry.msgstr_plural.values()]]
    sentences = [sentence for text in texts for sentence in re.split(r"(?<=[.?!:;])\s", text)]
    assert [sentence for sentence in sentences if len(sentence.split()) > 20] == []
