"""What was kept at the door but not counted is shown to who may see it, and nothing else of it is."""

import re

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from activities.models import Session
from attendance.models import CheckIn, Device
from schools.models import Location
from tests import factories
from tests.factories import DAY, NOW, deliver, scan, tally, void
from tests.reading import text, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]


@pytest.fixture
def hub(db: None) -> Location:
    return factories.location(slug="hub", name="JongerenHUB")


@pytest.fixture
def evening(shop: Location, drop_in: Session, phone: Device, card: str, hub: Location) -> None:
    """At the shop two unknown passes, one impossible time, a count, a scan twice and one taken back; at the hub one."""
    deliver(
        scan(id=1, token="NEVERMADE0000000"),
        scan(id=2, token="NEVERMADE0000001"),
        tally(id=3, at=NOW + 5 * DAY),
        scan(id=4, token=card),
        scan(id=5, token=card),
        tally(id=6),
        void(id=7, of=6),
        who=phone,
    )
    theirs = factories.device(place=hub, name="Deur HUB")[0]
    deliver(tally(id=8), who=theirs)


def rows(answer: HttpResponse) -> list[tuple[str, list[list[str]]]]:
    """By the caption of their table, the heading of each row first."""
    return [
        (
            caption,
            [
                [text_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL)]
                for row in body.split("</tr>")[:-1]
            ],
        )
        for caption, body in re.findall(
            r"<caption>(.*?)</caption>.*?<tbody>(.*?)</tbody>", answer.content.decode(), flags=re.DOTALL
        )
    ]


def test_the_monday_page_counts_them_per_outcome_and_leads_to_the_list(client, evening):
    client.force_login(factories.coordinator())

    answer = client.get("/desk")

    assert "Onbekende pas: 2 (week 48)" in text(answer)
    assert "Hier was toen geen bijeenkomst: 1 (week 48)" in text(answer)
    assert "Onmogelijke tijd: 1 (zonder week)" in text(answer)
    assert "Al binnen" not in text(answer)
    assert 'href="/desk/check-ins?week=2026-W48"' in answer.content.decode()


def test_the_list_says_where_when_and_why(client, evening):
    client.force_login(factories.coordinator())

    (week, of_week), (without, of_none) = rows(client.get("/desk/check-ins?week=2026-W48"))

    assert (week, without) == ("Week 48", "Zonder week")
    assert [row[:3] for row in of_week] == [
        ["1 × hier was toen geen bijeenkomst", "JongerenHUB Deur HUB", "24 november 2026, 16.00 uur"],
        ["2 × onbekende pas", "Shop Front door", "24 november 2026, 16.00 uur"],
    ]
    assert [row[:3] for row in of_none] == [["1 × onmogelijke tijd", "Shop Front door", "29 november 2026, 16.00 uur"]]


def test_a_youth_worker_sees_the_own_door_alone_and_a_publisher_none(client, evening, shop, hub):
    client.force_login(factories.youth_worker(at=hub))
    assert [len(of_table) for _caption, of_table in rows(client.get("/desk/check-ins"))] == [1]
    assert "Onbekende pas" not in text(client.get("/desk"))

    client.force_login(factories.publisher(of=shop.organisation))
    assert client.get("/desk/check-ins").status_code == 403
    assert "/desk/check-ins" not in client.get("/desk").content.decode()


def test_another_week_shows_its_own_and_those_without_a_week(client, evening, shop):
    client.force_login(factories.coordinator())

    assert [caption for caption, _rows in rows(client.get("/desk/check-ins?week=2026-W47"))] == ["Zonder week"]
    assert "Onbekende pas" not in text(client.get("/desk?week=2026-W47"))


def test_a_week_in_which_all_was_counted_says_so(client, drop_in, phone):
    deliver(tally(id=1), who=phone)
    client.force_login(factories.coordinator())

    assert "Alles is geteld" in text(client.get("/desk/check-ins"))
    assert "Bewaard, maar niet geteld" not in text(client.get("/desk"))


def test_a_time_that_no_wall_shows_is_listed_as_it_came(client, evening):
    CheckIn.objects.filter(week=None).update(scanned_at="9999-12-31T23:59:59+00:00")
    client.force_login(factories.coordinator())

    assert "9999-12-31T23:59:59+00:00" in text(client.get("/desk/check-ins"))


@pytest.mark.parametrize("page", ["/desk", "/desk/check-ins"])
def test_a_hundred_cost_as_many_queries_as_one(client, drop_in, phone, page):
    client.force_login(factories.coordinator())

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(page).status_code == 200
        return len(found)

    deliver(scan(id=1, token="NEVERMADE0000000"), who=phone)
    one = queries()
    deliver(*(scan(id=number, token="NEVERMADE0000000") for number in range(2, 102)), who=phone)
    assert queries() == one


def test_nothing_in_the_list_points_at_a_pass(client, evening):
    client.force_login(factories.coordinator())

    html = client.get("/desk/check-ins").content.decode()

    assert "NEVERMADE" not in html
    assert not [row for row in CheckIn.objects.all() if str(row.pk) in html]


@pytest.mark.parametrize("void_first", [False, True])
def test_what_one_place_takes_back_of_another_is_shown_there_until_somebody_settles_it(client, shop, hub, void_first):
    session = factories.session(place=shop)
    here, theirs = factories.device(place=shop)[0], factories.device(place=hub, name="Deur HUB")[0]
    sent = [(tally(id=1), here), (void(id=2, of=1), theirs)]
    results = [deliver(item, who=who)[0] for item, who in (reversed(sent) if void_first else sent)]
    assert {result.outcome for result in results} == {"counted", "voided"}
    assert session.check_ins.get().visits == 1
    client.force_login(factories.youth_worker(at=hub))
    assert "Op een andere plek teruggedraaid: 1 (week 48)" in text(client.get("/desk"))
    listed = client.get("/desk/check-ins")
    [(_week, [row])] = rows(listed)
    assert row[:2] == ["1 × op een andere plek teruggedraaid", "JongerenHUB Deur HUB"]
    address = re.search(r'href="(/desk/check-ins/settle[^"]+)"', listed.content.decode())[1].replace("&amp;", "&")
    page = text(client.get(address))
    assert "Dat telt daar nog mee. Je kunt het alleen zo laten." in page
    client.post(address, {"check_ins": [factories.claim_id(2)], "nothing": ""})
    assert "1 × op een andere plek teruggedraaid" in text(client.get("/desk/check-ins"))  # among what is settled
    assert not CheckIn.objects.kept_uncounted()
    client.force_login(factories.youth_worker(at=shop))
    assert "teruggedraaid" not in text(client.get("/desk/check-ins"))


@pytest.mark.parametrize("void_first", [False, True])
@pytest.mark.parametrize("is_closed", [False, True])
def test_nobody_needs_to_settle_what_the_door_took_back_itself(drop_in, phone, void_first, is_closed):
    drop_in.cancelled_at = NOW
    drop_in.save()
    if is_closed:
        factories.closed_week(monday="2026-11-23")
    items = [tally(id=1, session=drop_in), void(id=2, of=1)]
    answers = [deliver(item, who=phone)[0] for item in (reversed(items) if void_first else items)]
    assert {answer.outcome for answer in answers} == {"cancelled_session", "voided"}
    assert not CheckIn.objects.kept_uncounted()
    assert not CheckIn.objects.waiting()
