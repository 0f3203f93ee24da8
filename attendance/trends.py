"""Whether a week is busier than usual. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

# Usual is the mean of so many weeks before, holidays and all.
WEEKS = 4
# From a tenth of that on it is worth a word; below, it is chance.
NOTICEABLE = 0.1


class Direction(models.TextChoices):
    UP = "up", _("more than usual")
    DOWN = "down", _("fewer than usual")
    SAME = "same", _("about as usual")


@dataclass(frozen=True)
class Trend:
    direction: Direction
    usual: float  # visits a week


def trend_of(visits: int, before: Sequence[int]) -> Trend | None:
    """Against the mean of the weeks before; None where nobody came in any of them."""
    usual = sum(before) / len(before) if before else 0
    if not usual:
        return None
    if abs(visits - usual) < NOTICEABLE * usual:
        return Trend(Direction.SAME, usual)
    return Trend(Direction.UP if visits > usual else Direction.DOWN, usual)
