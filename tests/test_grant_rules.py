"""What a grant may ask, and who sees that it does."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from attendance.models import GrantRule
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db


def unsaved(**asked):
    return GrantRule(**{"name": "Grant", "starts_on": day("2026-09-01"), "ends_on": day("2027-08-31"), **asked})


NONSENSE = [
    ({"ends_on": day("2026-09-01")}, "ends_before_it_starts"),
    ({"min_minutes": 1441}, "too_many_minutes"),
    ({"min_visits": 0}, "visits_out_of_range"),
    ({"min_visits": 1001}, "visits_out_of_range"),
    ({"min_leaders": 51}, "too_many_leaders"),
    ({"min_weeks": 54}, "too_many_weeks"),
]


@pytest.mark.parametrize(("asked", "code"), NONSENSE)
def test_the_database_refuses_a_rule_that_makes_no_sense(asked, code):
    made = unsaved(**asked)
    with pytest.raises(ValidationError) as refused:
        made.validate_constraints()
    assert [error.code for error in refused.value.error_dict["__all__"]] == [code]
    with pytest.raises(IntegrityError), transaction.atomic():
        made.save()
    assert GrantRule.objects.count() == 0


STRANGE = [({"bands": bands}, "bands") for bands in (["11-12"], ["10-12", "10-12"], "10-12", [["10-12"]], {"10-12": 1})]
STRANGE += [({"starts_on": day("1999-12-31")}, "starts_on"), ({"ends_on": day("2101-01-01")}, "ends_on")]


@pytest.mark.parametrize(("asked", "field"), STRANGE)
def test_a_rule_knows_the_age_groups_of_the_town_and_the_days_there_are(asked, field):
    made = unsaved(**asked)
    with pytest.raises(ValidationError) as refused:
        made.full_clean()
    assert list(refused.value.error_dict) == [field]


def test_what_makes_sense_is_taken():
    made = unsaved(ends_on=day("2026-09-02"), min_minutes=0, bands=["10-12", "24+"], min_leaders=0, min_weeks=53)
    made.full_clean()
    made.save()
    assert GrantRule.objects.get() == made


def test_a_publisher_sees_the_rules_that_the_own_sessions_can_count_for(shop):
    hub = factories.location(slug="hub")
    for name, organisation in (("All", None), ("Shop", shop.organisation), ("Hub", hub.organisation)):
        unsaved(name=name, organisation=organisation).save()

    def seen(user):
        return [rule.name for rule in GrantRule.objects.for_user(user).in_order()]

    assert seen(factories.coordinator()) == ["All", "Hub", "Shop"]
    assert seen(factories.publisher(of=shop.organisation)) == ["All", "Shop"]
    assert seen(factories.publisher(of=hub.organisation)) == ["All", "Hub"]


def test_a_rule_runs_in_every_stretch_of_days_that_it_has_a_day_in():
    unsaved().save()

    def found(first, last):
        return GrantRule.objects.running_between(day(first), day(last)).count()

    assert [found("2026-01-01", "2026-08-31"), found("2026-01-01", "2026-09-01")] == [0, 1]
    assert [found("2027-08-31", "2028-01-01"), found("2027-09-01", "2028-01-01")] == [1, 0]
