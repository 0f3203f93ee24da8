"""What a database role may see, by the very statements of docs/deploying.md."""

import re
from contextlib import contextmanager

import pytest
from django.db import ProgrammingError, connection, transaction

from attendance import closing
from config.settings import BASE_DIR
from tests import factories
from tests.factories import NOW, day, deliver, tally

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a file has no roles"),
]
STATEMENTS = re.findall(r"```sql\n(.*?)```", (BASE_DIR / "docs/deploying.md").read_text(), re.S)


@contextmanager
def role(name, **values):
    with transaction.atomic(), connection.cursor() as cursor:
        for setting, value in values.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [f"inloop.{setting}", value])
        cursor.execute(f"SET LOCAL ROLE {name}")
        yield cursor
        cursor.execute("RESET ROLE")


def test_who_makes_reports_sees_the_totals_of_one_organisation_and_nothing_of_the_door(shop, drop_in, phone):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() != (True,):
            pytest.skip("Only a superuser of the tests' server can try other roles.")
        for statement in STATEMENTS:
            cursor.execute(statement)
    factories.session(place=factories.location(slug="hub"))
    deliver(tally(id=1, count=4), who=phone)
    closing.close_week(day("2026-11-23"), at=NOW)
    for slug, visits in (("shop", [4]), ("hub", [0]), ("", [])):
        with role("inloop_reports", organisation=slug) as cursor:
            cursor.execute("SELECT tallied_visits FROM attendance_sessiontotal")
            assert [row[0] for row in cursor.fetchall()] == visits
    for table in ("attendance_checkin", "attendance_pass", "attendance_weekkey", "attendance_reach", "schools_user"):
        with pytest.raises(ProgrammingError, match="permission denied"), role("inloop_reports") as cursor:
            cursor.execute(f"SELECT 1 FROM {table}")  # noqa: S608
