"""The figures of the week by mail: on Monday, once, to who wants them, and no others than the desk shows to them."""

import io
import re
from functools import partial

import pytest
from django.core import mail
from django.core.management import call_command

from attendance import digests
from attendance.housekeeping import keep_house
from schools import people, post
from schools.models import DigestSubscription, Letter
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, WEEK, deliver, group, moment, scan, tally
from tests.test_checkin_race import at_once

pytestmark = pytest.mark.django_db
MONDAY = moment("2026-11-30T06:00")


@pytest.fixture
def busy(shop):
    """Three visits at the shop and 24 at the hub in the week of NOW; two at the shop in the week before."""
    hub = factories.location(slug="hub")
    doors = [factories.device(place=place)[0] for place in (shop, hub)]
    here, there = (factories.session(place=place) for place in (shop, hub))
    before = factories.session(place=shop, title="Before", starts_at=NOW - WEEK)
    token = factories.issued_pass()[1]
    deliver(scan(id=1, token=token, session=here), tally(id=2, count=2, session=here), who=doors[0])
    deliver(group(id=3, session=there), who=doors[1])
    deliver(tally(id=4, count=2, at=NOW - WEEK, session=before), who=doors[0], at=NOW - WEEK)
    factories.target(place=shop, visits=140, starts_on="2026-08-31")
    return shop


def wants(person, language="nl"):
    digests.choose(person, language=language, at=NOW)
    return person


def sent(*, at=MONDAY):
    """What goes, by address."""
    mail.outbox.clear()
    digests.queue_all(at=at)
    post.deliver_due(at=at)
    return {message.to[0]: message for message in mail.outbox}


def test_everybody_reads_their_own_figures_in_their_own_language(busy):
    wants(factories.coordinator())
    wants(factories.publisher(of=busy.organisation), language="en")
    messages = sent()

    assert set(messages) == {"coordinator@inloop.example", "publisher-shop@inloop.example"}
    everything, own = messages["coordinator@inloop.example"], messages["publisher-shop@inloop.example"]
    assert everything.subject == "Cijfers van week 48: 23 tot en met 29 november"
    for words in (
        "27 bezoeken (de week ervoor: 2)",
        "1 verschillende bezoeker",
        "2 van 2 bijeenkomsten gehouden",
        "- Hub: 24 bezoeken",
        "- Shop: 3 bezoeken, doel 140, 1 verschillende bezoeker",
        "Voorlopig",
        "http://testserver/desk?week=2026-W48",
        "Wil je deze e-mail niet meer? Zeg het hier: http://testserver/desk/digest",
    ):
        assert words in everything.body
    assert own.subject == "Figures of week 48: 23 to 29 November"
    for words in ("3 visits (the week before: 2)", "- Shop: 3 visits", "http://testserver/en/desk?week=2026-W48"):
        assert words in own.body
    assert "Hub" not in own.body
    html = own.alternatives[0].content
    assert "Hub" not in html
    assert '<html lang="en">' in html
    assert '<th scope="row">Shop</th><td>3</td><td>140</td><td>1</td>' in html
    # No token in a link, nothing fetched from anywhere.
    links = re.findall(r'(?:href|src)="([^"]*)"', html)
    assert links == ["http://testserver/en/desk?week=2026-W48", "http://testserver/en/desk/digest"]


def test_it_goes_on_monday_from_six_and_once_whatever_repeats(busy):
    wants(factories.coordinator())
    for at in (MONDAY - MINUTE, MONDAY - DAY, MONDAY + DAY):
        assert sent(at=at) == {}
    assert len(sent(at=MONDAY + 17 * HOUR)) == 1
    assert sent(at=MONDAY + 17 * HOUR + 30 * MINUTE) == {}
    assert len(sent(at=MONDAY + WEEK)) == 1


@pytest.mark.parametrize("monday", ["2026-03-30T06:00", "2026-10-26T06:00", "2027-01-04T06:00"])
def test_it_is_about_the_week_before_also_after_a_clock_change_and_in_a_new_year(monday):
    wants(factories.coordinator())
    numbers = {"2026-03-30T06:00": 13, "2026-10-26T06:00": 43, "2027-01-04T06:00": 53}
    assert sent(at=moment(monday) - MINUTE) == {}
    [message] = sent(at=moment(monday)).values()
    assert f"Cijfers van week {numbers[monday]}:" in message.subject


def test_who_stops_or_leaves_gets_none_not_even_one_that_was_queued(busy):
    boss = factories.coordinator()
    stops, leaves = (wants(factories.publisher(of=busy.organisation, email=f"{name}@x.example")) for name in "ab")
    roleless = wants(factories.make_user())
    assert digests.queue_all(at=MONDAY) == 3
    digests.stop(stops)
    people.remove(leaves, by=boss, at=MONDAY)
    assert sent() == {}
    assert list(DigestSubscription.objects.values_list("user", flat=True)) == [roleless.pk]
    # Who thinks better of it on the same day still gets the one of this week.
    wants(stops)
    assert set(sent(at=MONDAY + HOUR)) == {"a@x.example"}


def test_housekeeping_queues_and_sends_them(busy):
    wants(factories.coordinator())
    done = keep_house(at=MONDAY)
    assert (done["digests queued"], done["letters sent"]) == (1, 1)
    call_command("housekeeping", at=MONDAY + HOUR, stdout=io.StringIO())
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_housekeeping_twice_at_once_sends_one_to_each():
    for number in range(3):
        wants(factories.coordinator(email=f"coordinator-{number}@inloop.example"))
    for number in range(4):
        mail.outbox = []
        at_once(*(partial(keep_house, at=MONDAY + number * WEEK) for _ in range(3)))
        assert sorted(message.to[0][12] for message in mail.outbox) == ["0", "1", "2"]
    assert Letter.objects.filter(sent_at__isnull=False).count() == 12


# ---------------------------------------------------------------- the page


@pytest.mark.usefixtures("on_the_tuesday")
def test_one_chooses_it_and_stops_it_on_one_page(at_desk, shop):
    assert "uit" in at_desk.get("/desk/digest").content.decode()
    assert 'href="/desk/digest"' in at_desk.get("/desk").content.decode()
    assert not DigestSubscription.objects.exists()
    answer = at_desk.post("/desk/digest", {"language": "en"}, follow=True)
    assert "Je krijgt de cijfers elke maandagochtend." in answer.content.decode()
    mine = DigestSubscription.objects.get()
    assert (mine.user.email, mine.language) == ("publisher-shop@inloop.example", "en")
    at_desk.post("/desk/digest", {"language": "tlh"})
    assert DigestSubscription.objects.get().language == "en"
    at_desk.post("/desk/digest", {"stop": "1"})
    at_desk.post("/desk/digest", {"stop": "1"})
    assert not DigestSubscription.objects.exists()
