"""Which passwords are too easy to guess in this town."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError


@pytest.mark.parametrize("password", ["Welkom-Inloop!", "JongerenHUB2026", "zaanstad zaanstad", "ontrack: school"])
def test_names_of_the_town_and_of_the_work_alone_are_no_password(password, settings):
    settings.TOWN_NAME, settings.PROGRAMME_NAME = "Zaanstad", "OnTrack"
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert [one.code for one in refused.value.error_list] == ["password_of_the_town"]


@pytest.mark.parametrize(
    "password", ["vier blauwe fietsen", "zaanstad heeft vier fietsen", "x" * 200, "ÄÖ 漢字 emoji 🚲 ja"]
)
def test_any_other_long_one_will_do_whatever_it_is_made_of(password):
    validate_password(password)
