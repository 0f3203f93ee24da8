"""Places in the demo town: a full Entree training with a waiting list and an offer, and a class at the VR game."""

import datetime as dt
from collections.abc import Sequence

from activities.models import Session
from activities.places_taken import AHEAD
from activities.weeks import local_date, week_of
from attendance.places import classes, taking
from schools.acting import at_work
from schools.models import Organisation


def make_places(tokens: Sequence[str], *, at: dt.datetime) -> None:
    """The first pass of the demo is offered a place, the second has one, and the third waits."""
    # From tomorrow on, whatever the hour is. In the middle of the summer no training is near enough to reserve for.
    open_ = Session.objects.scheduled().filter(local_date__gt=local_date(at), week__lte=week_of(at) + AHEAD)
    coming = open_.select_related("activity").in_order()
    if training := coming.filter(activity__title="Entree-training").first():
        capacity = training.capacity or 0
        holders = tokens[1 : capacity + 2]
        for token in [*(one for one in holders if one != tokens[2]), tokens[0], tokens[2], *tokens[30:32]]:
            taking.reserve(token, training.pk, at=at)
        taking.give_back(holders[-1], training.pk, at=at)
    if game := coming.filter(activity__title="VR-game middag").first():
        school, by = Organisation.objects.get(slug="zaanweide"), at_work()
        assert by
        classes.reserve(game.pk, school, 6, by=by, at=at)
        for token in tokens[1:4]:
            taking.reserve(token, game.pk, at=at)
