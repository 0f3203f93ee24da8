"""The desk's pages for settling what was not counted: by who keeps the door, by nobody else, and once."""

import re
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from attendance import closing
from attendance.models import CheckIn, Settlement
from schools.models import Location
from tests import factories
from tests.factories import DAY, HOUR, NOW, WEEK, claim_id, deliver, group, scan, tally, void
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday", "drop_in")]

LIST = "/desk/check-ins?week=2026-W48"
UNKNOWN = "NEVERMADE0000000"


@pytest.fixture
def hub(db: None) -> Location:
    return factories.location(slug="hub", name="JongerenHUB")


@pytest.fixture
def worker(client, shop):
    user = factories.youth_worker(at=shop)
    client.force_login(user)
    return user


def address(phone, outcome="clock_suspect", *, undated=True, **more):
    query = {"week": "2026-W48", "location": phone.location.slug, "phone": phone.pk, "outcome": outcome}
    return f"/desk/check-ins/settle?{urlencode(query | ({'undated': '1'} if undated else {}) | more)}"


def choices(answer: HttpResponse, name: str) -> list[tuple[str, bool]]:
    """The values that can be chosen, and whether each of them is."""
    boxes = re.findall(rf'<input type="(?:radio|checkbox)" name="{name}" ([^>]*)>', answer.content.decode())
    return [(re.search(r'value="([^"]*)"', box)[1], "checked" in box) for box in boxes]


def count(client, page, *numbers, session=None, **more):
    data = {"check_ins": [claim_id(number) for number in numbers], "count": "", **more}
    return client.post(page, data | ({"session": str(session.pk)} if session else {}))


def test_from_the_list_one_comes_to_the_phones_own_and_counts_them(client, worker, phone, drop_in):
    deliver(tally(id=1, count=3, at=NOW + 5 * DAY), group(id=2, at=NOW + 5 * DAY + HOUR), who=phone)
    [link] = re.findall(r'href="(/desk/check-ins/settle[^"]*)"', client.get(LIST).content.decode())
    page = link.replace("&amp;", "&")
    assert page == address(phone) or set(page.split("&")) == set(address(phone).split("&"))

    shown = client.get(page)
    assert "Onmogelijke tijd" in text(shown)
    assert "Ontvangen: 24 november 2026, 16.00 uur." in text(shown)
    assert "29 november 2026, 16.00 uur zonder pas, 3 bezoeken 29 november 2026, 17.00 uur groep, 24" in text(shown)
    assert choices(shown, "check_ins") == [(claim_id(1), False), (claim_id(2), False)]
    assert choices(shown, "session") == [(str(drop_in.pk), False)]

    answer = count(client, page, 1, 2, session=drop_in)
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    after = text(client.get(LIST))
    assert "Er zijn 27 bezoeken bij geteld." in after
    assert "Alles is geteld of afgehandeld" in after
    assert "2 × onmogelijke tijd Shop, Front door Drop-in hours, dinsdag 24 november, 15.00 uur 27 bezoeken" in after
    assert "worker-shop@inloop.example dinsdag 24 november, 16.00 uur" in after
    assert sum(drop_in.check_ins.values_list("visits", flat=True)) == 27
    assert "Bewaard, maar niet geteld" not in text(client.get("/desk"))


def test_part_of_them_can_be_nothing_and_the_rest_stays(client, worker, phone, drop_in):
    deliver(tally(id=1, at=NOW + 5 * DAY), tally(id=2, at=NOW + 5 * DAY), tally(id=3, at=NOW + 5 * DAY), who=phone)

    data = {"check_ins": [claim_id(1), claim_id(2)], "nothing": "", "session": str(drop_in.pk)}
    answer = client.post(address(phone, all="1"), data)

    assert answer["Location"].startswith("/desk/check-ins/settle?")
    assert "all=" not in answer["Location"]
    left = client.get(answer["Location"])
    assert "2 tellingen tellen niet mee." in text(left)
    # One that is alone is chosen already.
    assert choices(left, "check_ins") == [(claim_id(3), True)]
    assert not drop_in.check_ins.exists()
    assert "2 × onmogelijke tijd Shop, Front door Het was niets" in text(client.get(LIST))


def test_all_are_chosen_with_one_link(client, worker, phone):
    deliver(*(tally(id=number, at=NOW + 5 * DAY) for number in range(1, 5)), who=phone)

    assert "all=1" in client.get(address(phone)).content.decode()
    assert all(chosen for _key, chosen in choices(client.get(address(phone, all="1")), "check_ins"))


def test_more_than_fit_come_one_page_after_the_other(client, worker, phone, drop_in):
    deliver(*(tally(id=number, at=NOW + 5 * DAY) for number in range(1, 121)), who=phone)

    first = client.get(address(phone, all="1"))
    assert "Je ziet er 100 van de 120." in text(first)
    shown = [key for key, _chosen in choices(first, "check_ins")]
    client.post(address(phone), {"check_ins": shown, "session": str(drop_in.pk), "count": ""})
    assert len(choices(client.get(address(phone)), "check_ins")) == 20


def test_sessions_around_the_scan_and_around_its_arrival_are_offered(client, worker, phone, shop, hub, drop_in):
    def at(moment, title, **fields):
        return factories.session(place=fields.pop("place", shop), title=title, starts_at=moment, **fields)

    scanned = at(NOW - 10 * DAY, "When it was scanned")
    day_before = at(NOW - 11 * DAY, "The day before")
    arrived = at(NOW - 30 * HOUR, "Yesterday")
    cancelled = at(NOW - 6 * HOUR, "Off", cancelled_at=NOW)
    others = [
        at(NOW - 5 * DAY, "Between"),
        at(NOW + 2 * HOUR, "Tonight"),
        at(NOW - HOUR, "Elsewhere", place=hub),
    ]
    deliver(tally(id=1, at=NOW - 10 * DAY - 8 * HOUR), who=phone)
    page = address(phone, "no_session", undated=False, week="2026-W46")

    answer = client.get(page)
    offered = [key for key, _chosen in choices(answer, "session")]
    assert offered == [str(session.pk) for session in (day_before, scanned, arrived, drop_in)]
    assert "Off, dinsdag 24 november, 10.00 tot 12.00 uur" in text(answer)
    assert not {str(session.pk) for session in (cancelled, *others)} & set(offered)

    # Another day is looked at: what was chosen stays chosen, and nothing is settled yet.
    there = client.post(page, {"check_ins": [claim_id(1)], "day": "2026-11-19", "look": ""})
    assert (there.status_code, "Er klopt nog iets niet" in text(there)) == (200, False)
    assert choices(there, "check_ins") == [(claim_id(1), True)]
    assert choices(there, "session") == [(str(others[0].pk), False)]
    assert not Settlement.objects.exists()
    assert count(client, page, 1, session=others[0]).status_code == 200
    assert count(client, page, 1, session=others[0], day="2026-11-19").status_code == 302
    assert others[0].check_ins.get().visits == 1


def test_when_each_came_is_said_where_they_came_apart(client, worker, phone):
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    deliver(tally(id=2, at=NOW + 5 * DAY), who=phone, at=NOW + HOUR)
    shown = text(client.get(address(phone)))
    assert "zonder pas, 1 bezoek ontvangen: 24 november 2026, 17.00 uur" in shown
    assert "Ontvangen:" not in shown


def test_the_day_that_was_looked_at_stays_for_the_rest(client, worker, phone, shop):
    earlier = factories.session(place=shop, starts_at=NOW - 5 * DAY)
    deliver(tally(id=1, at=NOW + 5 * DAY), tally(id=2, at=NOW + 5 * DAY), who=phone)
    rest = count(client, address(phone), 1, session=earlier, day="2026-11-19")["Location"]
    assert choices(client.get(rest), "session") == [(str(earlier.pk), False)]


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-31", "2020-01-01"])
def test_a_day_that_is_none_or_out_of_reach_offers_nothing(client, worker, phone, day):
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    answer = client.get(address(phone, day=day))
    assert choices(answer, "session") == []
    assert "Er was toen geen bijeenkomst. Kies een andere dag." in text(answer)


def test_the_session_that_was_named_is_chosen_already(client, worker, phone, drop_in):
    deliver(scan(id=1, token=UNKNOWN), who=phone)
    answer = client.get(address(phone, "unknown_pass", undated=False))
    assert choices(answer, "session") == [(str(drop_in.pk), True)]
    assert "Er komt dus een bezoek bij, maar geen bezoeker." in text(answer)


def test_what_has_no_number_can_only_be_left(client, worker, phone):
    deliver({**tally(id=1), "count": "many"}, who=phone)
    page = address(phone, "invalid", undated=False)
    answer = client.get(page)
    assert "Hier staat geen aantal. Je kunt dit dus niet tellen." in text(answer)
    assert 'name="count"' not in answer.content.decode()
    assert client.post(page, {"check_ins": [claim_id(1)], "nothing": ""}).status_code == 302
    assert Settlement.objects.get().session is None


def test_in_a_closed_week_the_page_says_that_it_is_late(client, worker, phone, shop):
    last_week = factories.session(place=shop, starts_at=NOW - WEEK)
    factories.closed_week(monday="2026-11-16")
    deliver(tally(id=1, count=2, at=NOW + 5 * DAY), who=phone)
    page = address(phone, day="2026-11-17")
    assert "Deze week is gesloten: het telt als te laat." in text(client.get(page))
    count(client, page, 1, session=last_week)
    answer = text(client.get(LIST))
    assert "Deze week is gesloten: het telt als te laat." in answer
    assert "late bezoeken: 2" in answer.lower()


# ---------------------------------------------------------------- what is filled in wrong


def test_without_a_choice_the_page_says_what_is_missing(client, worker, phone, drop_in):
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    assert "Kies de bijeenkomst, of zeg dat het niets was." in text(count(client, address(phone), 1))
    assert "Kies er minstens één." in text(count(client, address(phone), session=drop_in))
    assert not Settlement.objects.exists()


def test_what_is_not_offered_is_not_taken(client, worker, phone, shop, hub, drop_in):
    deliver(tally(id=1, at=NOW + 5 * DAY), scan(id=2, token=UNKNOWN), who=phone)
    deliver(tally(id=3, at=NOW + 5 * DAY), who=factories.device(place=hub)[0])
    page = address(phone)
    elsewhere = factories.session(place=hub, title="Elsewhere")

    assert count(client, page, 1, session=elsewhere).status_code == 200
    assert count(client, page, 1, 2, session=drop_in).status_code == 200  # of another heap
    assert count(client, page, 1, 3, session=drop_in).status_code == 200  # of another door
    for nonsense in ("", "1", "x" * 500, "\0"):
        assert client.post(page, {"check_ins": [nonsense], "session": nonsense, "count": ""}).status_code == 200
    assert not Settlement.objects.exists()


def test_what_somebody_else_settled_meanwhile_is_said(client, worker, phone, drop_in):
    deliver(tally(id=1, at=NOW + 5 * DAY), tally(id=2, at=NOW + 5 * DAY), who=phone)
    count(client, address(phone), 1, session=drop_in)

    assert "Iemand heeft dit intussen afgehandeld." in text(count(client, address(phone), 1, 2, session=drop_in))
    count(client, address(phone), 2, session=drop_in)
    answer = count(client, address(phone), 2, session=drop_in)
    assert answer["Location"] == LIST
    assert "Iemand heeft dit intussen afgehandeld." in text(client.get(LIST))
    assert sum(drop_in.check_ins.values_list("visits", flat=True)) == 2


# ---------------------------------------------------------------- taking back


def test_a_wrong_choice_is_taken_back_from_the_list(client, worker, phone, drop_in):
    deliver(tally(id=1, at=NOW + 5 * DAY), tally(id=2, at=NOW + 5 * DAY), who=phone)
    count(client, address(phone), 1, 2, session=drop_in)
    [decision] = re.findall(r'name="decision" value="([^"]*)"', client.get(LIST).content.decode())

    answer = client.post("/desk/check-ins/take-back", {"decision": decision, "week": "2026-W48"})

    assert answer["Location"] == LIST
    after = text(client.get(LIST))
    assert "Teruggedraaid. Je kunt het opnieuw afhandelen." in after
    assert "2 × onmogelijke tijd Shop Front door" in after
    assert sum(drop_in.check_ins.values_list("visits", flat=True)) == 0

    client.post("/desk/check-ins/take-back", {"decision": decision})
    assert "Iemand heeft dit intussen teruggedraaid." in text(client.get(LIST))
    assert Settlement.objects.exclude(taken_back_at=None).count() == 2


def test_what_a_closed_week_counted_is_not_taken_back(client, worker, phone, drop_in):
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    count(client, address(phone), 1, session=drop_in)
    factories.closed_week(monday="2026-11-23")

    client.post("/desk/check-ins/take-back", {"decision": Settlement.objects.get().decision})

    assert "Deze week is gesloten. Wat is geteld, blijft geteld." in text(client.get(LIST))
    assert drop_in.check_ins.get().visits == 1


def test_what_it_added_and_was_destroyed_since_has_no_button_nor_number(client, worker, phone, drop_in):
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    count(client, address(phone), 1, session=drop_in)
    assert "/desk/check-ins/take-back" in client.get(LIST).content.decode()
    factories.closed_week(monday="2026-11-23", at=NOW + 20 * DAY)
    closing.destroy_rows(at=NOW + 34 * DAY)
    answer = client.get(LIST)
    assert "/desk/check-ins/take-back" not in answer.content.decode()
    assert "Drop-in hours" in text(answer)
    assert "0 bezoeken" not in text(answer)


def test_a_void_that_came_too_late_is_shown(client, worker, phone, drop_in):
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    count(client, address(phone), 1, session=drop_in)
    deliver(void(id=2, of=1), who=phone)

    assert "De deur draaide dit later terug. Draai het hier ook terug." in text(client.get(LIST))


# ---------------------------------------------------------------- who


def test_another_locations_worker_neither_sees_nor_settles_nor_takes_back(client, phone, hub, drop_in, shop):
    deliver(tally(id=1, at=NOW + 5 * DAY), tally(id=2, at=NOW + 5 * DAY), who=phone)
    client.force_login(factories.youth_worker(at=shop))
    count(client, address(phone), 2, session=drop_in)
    decision = Settlement.objects.get().decision

    client.force_login(factories.youth_worker(at=hub))
    listed = client.get(LIST)
    assert "Onmogelijke tijd" not in text(listed)
    assert "Shop" not in text(listed)
    assert client.get(address(phone)).status_code == 404
    assert count(client, address(phone), 1, session=drop_in).status_code == 404
    assert client.post("/desk/check-ins/take-back", {"decision": decision}).status_code == 404
    assert Settlement.objects.get().taken_back_at is None

    client.force_login(factories.coordinator())
    assert client.get(address(phone)).status_code == 200
    assert count(client, address(phone), 1, session=drop_in).status_code == 302
    assert client.post("/desk/check-ins/take-back", {"decision": decision}).status_code == 302


def test_who_keeps_no_door_has_no_such_page(client, phone, shop):
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    for user in (factories.publisher(of=shop.organisation), factories.make_user()):
        client.force_login(user)
        assert client.get(address(phone)).status_code == 403
        assert client.post(address(phone), {"check_ins": claim_id(1), "nothing": ""}).status_code == 403
        assert client.post("/desk/check-ins/take-back", {"decision": claim_id(1)}).status_code == 403
    client.logout()
    for answer in (client.get(address(phone)), client.post("/desk/check-ins/take-back", {"decision": claim_id(1)})):
        assert answer["Location"].startswith("/desk/login")
    assert not Settlement.objects.exists()


def test_of_no_place_it_is_the_coordinators_with_the_place_of_each_session(client, shop, drop_in, hub):
    deliver(tally(id=1), who=factories.coordinator())
    page = "/desk/check-ins/settle?week=2026-W48&outcome=no_session"
    client.force_login(factories.youth_worker(at=shop))
    assert client.get(page).status_code == 404

    client.force_login(factories.coordinator())
    assert "Drop-in hours dinsdag 24 november, 15.00 tot 17.00 uur Shop" in text(client.get(page))
    assert count(client, page, 1, session=drop_in).status_code == 302


@pytest.mark.parametrize(
    "query",
    [
        "",
        "outcome=never",
        "outcome=counted&week=2026-W48",
        "outcome=clock_suspect&phone=7",
        "outcome=invalid&location=/",
    ],
)
def test_a_heap_that_is_none_is_not_found(client, worker, phone, query):
    deliver(tally(id=1), tally(id=2, at=NOW + 5 * DAY), who=phone)
    assert client.get(f"/desk/check-ins/settle?{query}").status_code == 404


@pytest.mark.parametrize("decision", ["", "7", "x", claim_id(1)])
def test_a_decision_that_is_none_is_not_found(client, worker, decision):
    assert client.post("/desk/check-ins/take-back", {"decision": decision}).status_code == 404
    assert client.get("/desk/check-ins/take-back").status_code == 405


# ---------------------------------------------------------------- what it costs


def test_a_hundred_cost_as_many_queries_as_one(client, worker, phone, shop, drop_in):
    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(page).status_code == 200
        return len(found)

    def settle_one(number: int) -> None:
        deliver(tally(id=number, at=NOW + 5 * DAY), who=phone)
        count(client, address(phone), number, session=drop_in)
        client.get(LIST)  # what was said is said once

    settle_one(1000)
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    one = [queries(address(phone)), queries(LIST)]
    for number in range(1001, 1006):
        settle_one(number)
    for number in range(5):
        factories.session(place=shop, title=f"More {number}", starts_at=NOW - 3 * HOUR)
        factories.session(place=shop, title=f"Off {number}", starts_at=NOW - 3 * HOUR, cancelled_at=NOW)
        deliver(tally(id=300 + number, at=NOW + 5 * DAY), who=factories.device(place=shop, name=f"Phone {number}")[0])
    deliver(*(tally(id=number, at=NOW + 5 * DAY) for number in range(2, 101)), who=phone)
    assert [queries(address(phone)), queries(LIST)] == one


def test_nothing_on_the_pages_points_at_a_pass(client, worker, phone, card):
    deliver(scan(id=1, token=UNKNOWN), scan(id=2, token=card, at=NOW + 5 * DAY), who=phone)
    for page in (address(phone), address(phone, "unknown_pass", undated=False)):
        html = client.get(page).content.decode()
        assert UNKNOWN not in html
        assert card not in html
    assert not CheckIn.objects.exclude(visitor_key=None).exists()
