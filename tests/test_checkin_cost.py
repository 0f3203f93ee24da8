"""What a batch costs, and what stays behind of a pass."""

from hashlib import sha256

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attendance.checkin import writing
from attendance.checkin.rows import Row
from attendance.models import CheckIn, Pass, WeekKey
from tests import factories
from tests.factories import NOW, deliver, group, scan, tally, void


def batch(passes, first=1):
    """Every kind, and as many refusals."""
    items = []
    for number, token in enumerate(passes):
        start = first + 10 * number
        items += [
            scan(id=start, token=token),
            scan(id=start + 1, token=token),
            tally(id=start + 2, count=2),
            group(id=start + 3),
            void(id=start + 4, of=start + 2),
            void(id=start + 5, of=start + 99_000),
            scan(id=start + 6, token=f"NEVERMADE{number:07}"),
            tally(id=start + 7, at=NOW - factories.DAY),
            tally(id=start + 8, count=0),
            tally(id=start + 2),
        ]
    return items


def count_queries(*items, who):
    with CaptureQueriesContext(connection) as found:
        results = deliver(*items, who=who)
    assert len(results) == len(items)
    return [query["sql"] for query in found if "SAVEPOINT" not in query["sql"]]


@pytest.mark.parametrize("who", ["device", "youth worker", "coordinator"])
def test_two_hundred_check_ins_cost_as_many_queries_as_ten(drop_in, phone, who):
    person = {
        "device": lambda: phone,
        "youth worker": lambda: factories.youth_worker(at=drop_in.location),
        "coordinator": factories.coordinator,
    }[who]()
    tokens = [factories.issued_pass(number=number)[1] for number in range(1, 42)]
    deliver(scan(id=900_000, token=tokens[40]), who=person)  # the week has its key, the session its mark
    few = count_queries(*batch(tokens[:1], first=100_000), who=person)
    many = count_queries(*batch(tokens[:20]), who=person)
    assert len(many) == len(few) <= 8, "\n".join(many)


def test_one_check_in_and_two_hundred_cost_the_same(drop_in, phone):
    tokens = [factories.issued_pass(number=number)[1] for number in range(1, 203)]
    deliver(scan(id=999, token=tokens[201]), who=phone)
    one = count_queries(scan(id=1000, token=tokens[200]), who=phone)
    many = count_queries(*(scan(id=n, token=token) for n, token in enumerate(tokens[:200])), who=phone)
    again = count_queries(*(scan(id=n, token=token) for n, token in enumerate(tokens[:200])), who=phone)
    assert len(one) == len(many) <= 8, "\n".join(many)
    assert len(again) <= len(one)
    assert CheckIn.objects.count() == 202


def test_the_first_check_in_of_a_week_costs_a_set_number_more(drop_in, phone):
    tokens = [factories.issued_pass(number=number)[1] for number in range(1, 201)]
    first = count_queries(*(scan(id=n, token=token) for n, token in enumerate(tokens)), who=phone)
    later = count_queries(*(scan(id=n + 500, token=token) for n, token in enumerate(tokens)), who=phone)
    assert len(first) - len(later) <= 6


def test_a_row_that_is_written_has_every_column_in_order():
    columns = [field.column for field in CheckIn._meta.concrete_fields]
    assert sorted(writing.COLUMNS) == sorted(columns)
    assert tuple(writing.COLUMNS) == Row.__struct_fields__


def everything_stored():
    """Every value of every column of every table, as bytes."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    yield f"{table}.{column}", bytes(value) if hasattr(value, "tobytes") else value


def as_bytes(value):
    return value if isinstance(value, bytes) else str(value).encode()


def test_of_a_token_nothing_is_stored_but_the_digest_of_the_pass(drop_in, phone, card):
    unknown = "NEVERMADE0000000"
    deliver(scan(id=1, token=card), scan(id=2, token=card), scan(id=3, token=unknown), tally(id=4), who=phone)
    deliver(scan(id=5, token=card) | {"kind": "nonsense", "note": card}, void(id=6, of=1), who=phone)
    forbidden = set()
    for token in (card, unknown):
        whole = sha256(token.encode())
        forbidden |= {token.encode(), token.lower().encode(), whole.digest(), whole.hexdigest().encode()}
    places = {where for where, value in everything_stored() if any(secret in as_bytes(value) for secret in forbidden)}
    assert places == {"attendance_pass.digest"}


def test_the_visitor_key_is_not_to_be_reckoned_without_the_key_of_the_week(drop_in, phone, card):
    deliver(scan(id=1, token=card), who=phone)
    key, issued = bytes(WeekKey.objects.get().key), Pass.objects.get()
    [stored] = CheckIn.objects.values_list("visitor_key", flat=True)
    assert len(key) == len(bytes(stored)) == 32
    assert bytes(stored) not in (bytes(issued.digest), sha256(bytes(issued.digest)).digest())


def test_no_row_of_another_table_points_from_a_visit_to_a_pass():
    for model in apps.get_models():
        targets = {field.related_model for field in model._meta.get_fields() if field.is_relation}
        assert not {CheckIn, Pass} <= targets | {model}, model
