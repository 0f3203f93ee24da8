"""Today at the own doors: live counts, a count corrected in time, a list on paper, and a session nobody came to."""

import re
import uuid

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from attendance import closing
from attendance.models import CheckIn, HandCount, NobodyCame
from tests import factories
from tests.factories import DAY, HOUR, NOW, WEEK, claim_id, deliver, group, scan, tally
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]

TODAY = "/desk/today"


@pytest.fixture
def worker(client, shop):
    user = factories.youth_worker(at=shop)
    client.force_login(user)
    return user


@pytest.fixture
def over(shop):
    """It ended half an hour ago."""
    return factories.session(place=shop, title="Koken", starts_at=NOW - 2 * HOUR, ends_at=NOW - HOUR / 2)


def rows(answer: HttpResponse) -> list[str]:
    return [
        " ".join(re.sub(r"<[^>]+>", " ", row).split())
        for row in re.findall(r"<tr>(\s*<th scope=\"row\">.*?)</tr>", answer.content.decode(), flags=re.DOTALL)
    ]


def page_of(session):
    return f"{TODAY}/{session.pk}"


def fill_in(client, session, **values):
    """As the page gives it, with these values; followed to where it leads."""
    [key] = re.findall(r'name="id" value="([^"]+)"', client.get(page_of(session)).content.decode())
    return client.post(page_of(session), {"id": key, "kind": "tally", "visits": "1"} | values, follow=True)


def test_today_shows_every_session_at_the_own_doors_with_its_count(client, worker, shop, drop_in, over, phone, card):
    factories.session(place=factories.location(slug="hub"), title="Elsewhere")
    factories.session(place=shop, title="Tomorrow", starts_at=NOW + DAY)
    factories.session(place=shop, title="Off", starts_at=NOW + 2 * HOUR, cancelled_at=NOW)
    factories.session(place=shop, title="Tonight", starts_at=NOW + 3 * HOUR)
    deliver(
        scan(id=1, token=card, session=drop_in), tally(id=2, count=2), group(id=3, count=20, session=drop_in), who=phone
    )

    answer = client.get(TODAY)

    found = rows(answer)
    assert [row.split()[0] for row in found] == ["Koken", "Drop-in", "Off", "Tonight"]
    assert "niemand telde 0 Verbeter de telling" in found[0]
    assert "nu bezig 23 met een pas: 1 in groepen: 20" in found[1]
    assert "afgelast" in found[2]
    assert found[3].endswith("komt nog 0")
    assert "data-refresh" in answer.content.decode()


def test_yesterday_is_there_until_noon(client, worker, shop, monkeypatch):
    factories.session(place=shop, title="Gisteravond", starts_at=NOW - DAY)
    for at, shown in ((factories.moment("2026-11-24T11:59"), True), (factories.moment("2026-11-24T12:00"), False)):
        monkeypatch.setattr("attendance.today.now", lambda at=at: at)
        assert ("Gisteravond" in text(client.get(TODAY))) == shown


def test_a_list_on_paper_is_counted_with_a_reason(client, worker, over):
    refused = fill_in(client, over, visits="12")
    assert "Kies waarom het toen niet is geteld." in text(refused)
    assert not CheckIn.objects.exists()
    answer = fill_in(client, over, visits="12", reason="outing")
    assert "Er zijn 12 bezoeken bij geteld." in text(answer)
    assert "We waren op pad" in text(answer)
    assert (HandCount.objects.get().reason, CheckIn.objects.get().count) == ("outing", 12)


def test_while_it_lasts_no_reason_is_asked(client, worker, drop_in):
    assert 'name="reason"' not in client.get(page_of(drop_in)).content.decode()
    fill_in(client, drop_in, visits="2")
    assert HandCount.objects.get().reason == ""


WRONG = [{"visits": "0"}, {"visits": "x"}, {"visits": "51"}, {"visits": "501", "kind": "group"}, {"kind": "pass"}]


@pytest.mark.parametrize("wrong", [*WRONG, {"reason": "Sam was ill"}, {"id": "x"}])
def test_what_cannot_be_counted_is_said_at_the_form(client, worker, over, wrong):
    answer = fill_in(client, over, **({"reason": "forgotten"} | wrong))
    assert answer.context["form"].errors
    assert not CheckIn.objects.exists()


def test_a_class_may_be_larger_and_the_same_form_sent_twice_counts_once(client, worker, over):
    data = {"id": uuid.UUID(int=5), "kind": "group", "visits": "51", "reason": "forgotten"}
    for _time in range(2):
        client.post(page_of(over), data)
    assert [(row.kind, row.visits) for row in CheckIn.objects.all()] == [("group", 51)]


def test_a_count_is_taken_back_from_the_list(client, worker, drop_in, phone, card):
    deliver(scan(id=1, token=card), tally(id=2, count=4), tally(id=3, count=1), who=phone)
    shown = client.get(page_of(drop_in))
    [first, second] = re.findall(r'action="(/desk/today/[^"]+/take-back)"', shown.content.decode())
    assert claim_id(1) not in shown.content.decode()  # never a scanned pass
    address = first if claim_id(2) in first else second
    assert "Teruggedraaid" in text(client.post(address, follow=True))
    assert "intussen" in text(client.post(address, follow=True))
    assert CheckIn.objects.get(pk=claim_id(2)).visits == 0
    assert client.post(f"{page_of(drop_in)}/{claim_id(1)}/take-back").status_code == 404


def test_somebody_says_that_nobody_came_and_takes_that_back(client, worker, over):
    assert "Ging door, en er kwam niemand" in text(client.get(page_of(over)))
    client.post(f"{page_of(over)}/nobody")
    assert "er kwam niemand" in rows(client.get(TODAY))[0]
    assert "Draai dit terug" in text(client.get(page_of(over)))
    client.post(f"{page_of(over)}/nobody", {"undo": ""})
    assert not NobodyCame.objects.standing().exists()
    assert "niemand telde" in rows(client.get(TODAY))[0]


def test_after_noon_a_worker_reads_whom_to_ask_and_a_coordinator_does_it(client, worker, shop):
    old = factories.session(place=shop, title="Vorige week", starts_at=NOW - WEEK)
    address = "/desk/today/uncounted?week=2026-W47"
    for page in (address, page_of(old)):
        said = text(client.get(page))
        assert "Vraag het aan een coördinator." in said
        assert "Er kwam niemand" not in said
    assert "Vraag het aan een coördinator." in text(client.post(f"{page_of(old)}/nobody", follow=True))
    assert not NobodyCame.objects.exists()
    client.force_login(factories.coordinator())
    assert "Vorige week" in text(client.get(address))
    answer = client.post(f"{page_of(old)}/nobody", {"week": "2026-W47"}, follow=True)
    assert answer.redirect_chain == [(address, 302)]
    assert "Elke bijeenkomst van deze week is geteld" in text(answer)


def test_of_a_closed_week_the_count_is_what_it_was_though_its_check_ins_are_gone(client, shop, drop_in, phone, card):
    deliver(scan(id=1, token=card), tally(id=2, count=4), who=phone)
    factories.session(place=shop, title="Ongeteld", starts_at=NOW - 4 * HOUR)
    factories.closed_week(monday="2026-11-23", at=NOW + DAY)
    closing.destroy_rows(at=NOW + 30 * DAY)
    client.force_login(factories.coordinator())
    said = text(client.get(page_of(drop_in)))
    assert "5 bezoeken 1 met een pas 4 liepen zo binnen" in said
    assert "De telling kan niet meer veranderen." in said
    said = text(client.get("/desk/today/uncounted?week=2026-W48"))
    assert "De telling kan niet meer veranderen." in said
    assert "Ongeteld" not in said


def test_a_door_of_somebody_else_does_not_exist(client, worker):
    theirs = factories.session(place=factories.location(slug="hub"), title="Theirs", starts_at=NOW - 3 * HOUR)
    deliver(tally(id=1, session=theirs, at=theirs.starts_at), who=factories.coordinator())
    assert "Theirs" not in text(client.get("/desk/today/uncounted"))
    for address in ("", "/nobody", f"/{claim_id(1)}/take-back"):
        assert client.post(page_of(theirs) + address).status_code == 404
    assert client.get(page_of(theirs)).status_code == 404
    assert CheckIn.objects.get().visits == 1


def test_many_sessions_and_counts_cost_as_many_queries_as_one(client, shop, over, drop_in, phone):
    client.force_login(factories.coordinator())
    pages = (TODAY, "/desk/today/uncounted", page_of(drop_in))

    def cost(page):
        client.get(page)
        with CaptureQueriesContext(connection) as found:
            client.get(page)
        return len(found)

    factories.session(place=shop, title="Yesterday", starts_at=NOW - DAY + HOUR / 2, ends_at=NOW - DAY + HOUR)
    fill_in(client, drop_in)
    few = [cost(page) for page in pages]
    for number in range(5, 20):
        place = factories.location(slug=f"place-{number}")
        factories.session(place=place, title=f"Over {number}", starts_at=NOW - 3 * HOUR)
        deliver(tally(id=number, session=drop_in), who=phone)
    fill_in(client, drop_in)
    assert [cost(page) for page in pages] == few
