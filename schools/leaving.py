"""How the packages above this one, which it does not know, hear that everything of somebody shuts.

The receiver is connected in `activities.apps`.
"""

from django.dispatch import Signal

_left = Signal()
listen = _left.connect


def tell_left(*, person: int) -> None:
    """By the person's key, in the transaction in which it shuts."""
    _left.send(sender=None, person=person)
