"""Every sentence is there in Dutch, short and plain; what anybody may meet is there in every language."""

import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.translation.template import templatize

from tests.plain_dutch import INSTEAD
from tests.public_words import Sentence, in_public, said_in
from tests.test_architecture import PACKAGES

CATALOGUES = {
    code: polib.pofile(str(settings.BASE_DIR / f"config/locale/{code}/LC_MESSAGES/django.po"))
    for code, _name in settings.LANGUAGES
    if code != "en"  # in which the sources are
}
DUTCH = CATALOGUES["nl"]
# Those that have what anybody may meet, and nothing else.
PUBLIC_LANGUAGES = [code for code in CATALOGUES if code != "nl"]
MOST_WORDS = 20


def sources() -> list[tuple[str, str]]:
    """Every source as Python: a template is turned into what its translated parts would be in it."""
    root = Path(settings.BASE_DIR)
    python = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    found = [(str(path.relative_to(root)), path.read_text()) for path in python]
    templates = [(str(path.relative_to(root)), path.read_text()) for path in sorted((root / "templates").rglob("*.*"))]
    return found + [(name, templatize(text)) for name, text in templates]


def forms_of(entry: polib.POEntry) -> list[str]:
    return [*entry.msgstr_plural.values()] if entry.msgid_plural else [entry.msgstr]


def has(catalogue: polib.POFile, sentence: Sentence) -> bool:
    context, text = sentence
    return catalogue.find(text, msgctxt=context or False) is not None


def as_entry(catalogue: polib.POFile, sentence: Sentence) -> str:
    """Ready to be filled in, with what it is in this catalogue for a comment."""
    context, text = sentence
    there = catalogue.find(text, msgctxt=context or False)
    empty = polib.POEntry(msgid=text, msgctxt=context or None)
    if there:
        empty.comment, empty.msgid_plural = forms_of(there)[0], there.msgid_plural
        empty.msgstr_plural = dict.fromkeys(there.msgstr_plural, "")
    return str(empty)


@pytest.mark.parametrize(("name", "text"), [pytest.param(*source, id=source[0]) for source in sources()])
def test_every_sentence_is_in_the_dutch_catalogue(name, text):
    assert {one for one in said_in(text) if not has(DUTCH, one)} == set()


# ---------------------------------------------------------------- what every catalogue holds to


@pytest.mark.parametrize("code", CATALOGUES)
def test_nothing_in_a_catalogue_is_open(code):
    entries = CATALOGUES[code]
    open_ones = [one for one in entries if one.fuzzy or one.obsolete or not all(forms_of(one))]
    assert [one.msgid for one in open_ones] == []


@pytest.mark.parametrize("code", CATALOGUES)
def test_a_translation_has_the_gaps_of_its_source_and_every_form_of_its_plural(code):
    def gaps(text: str) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)[sd]|%[sd]", text))

    catalogue = CATALOGUES[code]
    number = int(re.findall(r"nplurals=(\d)", catalogue.metadata["Plural-Forms"])[0])
    wrong = [one.msgid for one in catalogue for text in forms_of(one) if gaps(text) != gaps(one.msgid)]
    assert wrong == []
    assert [one.msgid for one in catalogue if one.msgid_plural and len(one.msgstr_plural) != number] == []


@pytest.mark.parametrize("code", CATALOGUES)
def test_sentences_are_short(code):
    """So that somebody who reads with effort keeps the thread (level B1)."""
    texts = [text for entry in CATALOGUES[code] for text in forms_of(entry)]
    sentences = [sentence for text in texts for sentence in re.split(r"(?<=[.?!:;])\s", text)]
    assert [sentence for sentence in sentences if len(sentence.split()) > MOST_WORDS] == []


def test_dutch_has_no_words_of_officials():
    texts = [text for entry in DUTCH for text in forms_of(entry)]
    words = {word: re.escape(word).replace(r"\*", r"\w*") for word in INSTEAD}
    found = {
        f"{word} (say: {INSTEAD[word]})": [text for text in texts if re.search(rf"(?<!\w){pattern}(?!\w)", text, re.I)]
        for word, pattern in words.items()
        if re.search(rf"(?<!\w){pattern}(?!\w)", " ".join(texts), re.I)
    }
    assert found == {}
    assert len(INSTEAD) > 100


def test_no_word_has_letters_of_two_alphabets():
    """A letter of the other keyboard looks right, and no screen reader or search finds the word."""
    mixed = re.compile(r"\b(?:[a-z]+[а-я]|[а-я]+[a-z])\w*", re.I)
    texts = [text for catalogue in CATALOGUES.values() for entry in catalogue for text in forms_of(entry)]
    assert [text for text in texts if mixed.search(re.sub(r"%\(\w+\)[sd]", " ", text))] == []


# ---------------------------------------------------------------- what anybody may meet


@pytest.mark.parametrize("code", PUBLIC_LANGUAGES)
def test_what_anybody_may_meet_is_there_in_each_language(code):
    public = in_public()
    missing = [one for said in public.values() for one in sorted(said) if not has(CATALOGUES[code], one)]
    to_add = "\n".join(as_entry(DUTCH, one) for one in dict.fromkeys(missing))
    assert not missing, f"to be added to config/locale/{code}/LC_MESSAGES/django.po:\n\n{to_add}"


@pytest.mark.parametrize("code", PUBLIC_LANGUAGES)
def test_a_catalogue_of_what_is_public_has_nothing_else(code):
    public = set().union(*in_public().values())
    assert [one.msgid for one in CATALOGUES[code] if (one.msgctxt or "", one.msgid) not in public] == []
