"""How a rule says no."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CHANGED_MEANWHILE = _("Somebody else changed this meanwhile. Look again.")


class RuleViolation(Exception):
    """A refusal: a stable code, never used again for something else, and a sentence for a person.

    Raised for what the state of things forbids. Values that make no sense by themselves are a
    `ValidationError`, which names the field.
    """

    def __init__(self, code: str, sentence: str | Promise) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence

    def __str__(self) -> str:
        return str(self.sentence)


def changed_meanwhile() -> RuleViolation:
    """For a change of what is not any more as its maker saw it."""
    return RuleViolation("changed_meanwhile", CHANGED_MEANWHILE)
