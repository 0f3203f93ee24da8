"""What makes a password easy to guess here and nowhere else, and whether it was stolen elsewhere."""

import hashlib
import os
import re
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import gettext as _

from schools.models import User

# Short words are in too much that is fine.
LEAST = 4
WORDS = ("inloop", "jongerenwinkel", "jongerenhub", "jongerenwerk", "gemeente", "school", "welkom", "wachtwoord")
# What is left of a good password without these words.
REST = 8


def words() -> set[str]:
    """Of the product, of the work, and of this town."""
    names = f"{settings.TOWN_NAME} {settings.PROGRAMME_NAME}".casefold()
    return {*WORDS, *(word for word in re.findall(r"\w+", names) if len(word) >= LEAST)}


class NoWordOfTheTown:
    """A word of the town may be in it, with enough beside it."""

    def validate(self, password: str, user: User | None = None) -> None:
        rest = password.casefold()
        for word in sorted(words(), key=len, reverse=True):
            rest = rest.replace(word, "")
        if len(rest) < REST < len(password) and rest != password.casefold():
            raise ValidationError(self.get_help_text(), code="password_of_the_town")

    def get_help_text(self) -> str:
        return _("Names of the town and of the work are easy to guess: use more beside them.")


# A line of the list: a digest in hexadecimals, and how often it was seen, which does not matter here.
LINE = re.compile(rb"[0-9A-F]{40}(:\d+)?\r?\n")


class NotStolen:
    """Looks a password up in a list on this machine: nobody else hears of it.

    Each line has a SHA-1 digest, in order, as Pwned Passwords has them. A list of any length takes some forty reads.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        try:
            with self.path.open("rb") as file:
                is_list = LINE.fullmatch(file.readline(100))
        except OSError as error:
            raise ImproperlyConfigured(f"STOLEN_PASSWORDS cannot be read: {error.strerror}") from None
        if not is_list:
            raise ImproperlyConfigured("STOLEN_PASSWORDS is a file of SHA-1 digests in capitals, in order, one a line")

    def validate(self, password: str, user: User | None = None) -> None:
        # Not to keep it: that is how the list has them.
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
        with self.path.open("rb") as file:
            low, high = 0, os.fstat(file.fileno()).st_size
            while low < high:  # the line that begins at `low` or after it comes first of those from `wanted` on
                middle = (low + high) // 2
                line = _line_from(file, middle)
                low, high = (low, middle) if not line or line >= wanted else (middle + 1, high)
            if _line_from(file, low).startswith(wanted):
                raise ValidationError(self.get_help_text(), code="password_stolen")

    def get_help_text(self) -> str:
        return _("This password was stolen somewhere before, and thieves try it. Choose another one.")


def _line_from(file: BinaryIO, place: int) -> bytes:
    """The first line that begins there or later; nothing after the last."""
    file.seek(max(place - 1, 0))
    if place:
        file.readline()
    return file.readline()
