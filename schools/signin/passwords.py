"""What makes a password easy to guess here and nowhere else."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
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
