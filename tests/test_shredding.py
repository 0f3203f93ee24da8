"""A key that is destroyed is in no file of the database any more."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from attendance import closing, reach
from attendance.checkin.writing import begin_weeks
from attendance.models import PeriodKind, ReachPeriod, Week, WeekKey
from tests import factories
from tests.factories import NOW, WEEK, day, deliver, scan

pytestmark = pytest.mark.django_db(transaction=True)
LATER = factories.moment("2026-12-14T00:00")


def files_of_keys(model=WeekKey):
    """As they lie on the disk."""
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        return b"".join(Path(f"{name}{log}").read_bytes() for log in ("", "-wal"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() != (True,):
            pytest.skip("Only a superuser of the tests' server can read its files.")
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_read_binary_file(pg_relation_filepath(%s))", [model._meta.db_table])
        [content] = cursor.fetchone()
        return bytes(content)


@pytest.mark.parametrize("close", [closing.close_due, lambda at: call_command("close_weeks", at=at, verbosity=0)])
def test_the_key_of_a_closed_week_is_in_no_file_any_more_and_that_of_an_open_one_is(drop_in, phone, close):
    _card, token = factories.issued_pass()
    deliver(scan(id=1, token=token, session=drop_in, at=NOW), who=phone, at=NOW)
    destroyed = bytes(WeekKey.objects.get().key)
    assert destroyed in files_of_keys()
    with transaction.atomic():
        begin_weeks([day("2026-12-14")])
    close(at=LATER)
    files = files_of_keys()
    assert (destroyed in files, bytes(WeekKey.objects.get().key) in files) == (False, True)


def test_a_later_week_that_does_not_close_keeps_no_destroyed_key_in_the_files(drop_in, phone, monkeypatch):
    _card, token = factories.issued_pass()
    deliver(scan(id=1, token=token, session=drop_in, at=NOW), who=phone, at=NOW)
    destroyed = bytes(WeekKey.objects.get().key)
    factories.session(place=drop_in.location, title="Later", starts_at=NOW + WEEK)
    real = closing._prove

    def prove(monday, gathering):
        if monday == day("2026-11-30"):
            raise closing.ClosingRefused
        real(monday, gathering)

    monkeypatch.setattr(closing, "_prove", prove)
    with pytest.raises(closing.ClosingRefused):
        closing.close_due(at=LATER + WEEK)
    assert Week.objects.closed().count() == 1
    assert destroyed not in files_of_keys()


@pytest.mark.parametrize(("hours_late", "is_again"), [(0, False), (72, False), (12, True)])
def test_the_key_of_a_month_that_ends_without_a_week_is_in_no_file_any_more(hours_late, is_again):
    first, last = reach.weeks_of(PeriodKind.MONTH, day("2026-11-23"))
    destroyed = bytes(ReachPeriod.objects.create(kind=PeriodKind.MONTH, starts_on=first, ends_on=last).key)
    closing.close_due(at=LATER - factories.MINUTE)
    assert destroyed in files_of_keys(ReachPeriod)
    if is_again:
        reach.end_periods(before=last + factories.DAY)  # and then it was killed
    closing.close_due(at=LATER + hours_late * factories.HOUR)
    assert destroyed not in files_of_keys(ReachPeriod)
    assert not Week.objects.exists()
