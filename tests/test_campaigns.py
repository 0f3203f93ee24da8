"""From a poster to its page: what is counted, and what is never kept."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities import campaigns, publishing
from activities.campaigns import ChannelCounts
from activities.models import CampaignCode, CampaignWeek, Channel
from activities.weeks import week_of
from tests import factories
from tests.factories import NOW, WEEK, day

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
PEOPLE = {
    "a phone": PHONE,
    "inside Instagram": f"{PHONE} Instagram 356.0.0.41.98 (iPhone14,5; iOS 18_1; nl_NL)",
    "inside Facebook": f"{PHONE} [FBAN/FBIOS;FBAV/490.0.0.35.110;FBDV/iPhone14,5]",
    "a phone that is named like a robot": "Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 50) Chrome/131.0 Mobile",
}
ONLOOKERS = {
    "WhatsApp's preview": "WhatsApp/2.24.20.89 A",
    "Facebook's preview": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "an iPhone's preview": f"{PHONE} facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Telegram's preview": "TelegramBot (like TwitterBot)",
    "Slack's preview": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Snapchat's preview": "Mozilla/5.0 (compatible; Snap URL Preview Service; bot; snapchat)",
    "a search engine": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "a tool": "curl/8.5.0",
    "nobody": "",
}


@pytest.fixture
def at_now(monkeypatch):
    for module in ("activities.views", "activities.campaigns"):
        monkeypatch.setattr(f"{module}.now", lambda: NOW)


@pytest.fixture
def code(shop):
    return campaigns.make(factories.activity(place=shop), channel="poster", place="Library", at=NOW)


def scan(client, code, *, prefix="", agent=PHONE, method="get", **headers):
    return getattr(client, method)(f"{prefix}/q/{code.code}", headers={"User-Agent": agent, **headers})


def sums():
    return list(CampaignWeek.objects.order_by("code_id", "week").values_list("week", "visits"))


def test_a_scan_leads_to_the_page_and_counts_once_in_its_week(client, code):
    answer = scan(client, code)
    assert (answer.status_code, answer["Location"]) == (302, "/activities/drop-in-hours")
    assert scan(client, code, prefix="/en")["Location"] == "/en/activities/drop-in-hours"
    assert sums() == [(day("2026-11-23"), 2)]


def test_a_scan_sets_no_cookie_and_no_cache_keeps_it_from_being_counted(client, code):
    answer = scan(client, code)
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    assert {field.name for field in CampaignWeek._meta.get_fields()} == {"id", "code", "week", "visits", "put_up"}


@pytest.mark.parametrize("agent", PEOPLE.values(), ids=PEOPLE.keys())
def test_who_reads_is_counted(client, code, agent):
    scan(client, code, agent=agent)
    assert [visits for _week, visits in sums()] == [1]


@pytest.mark.parametrize("agent", ONLOOKERS.values(), ids=ONLOOKERS.keys())
def test_who_only_looks_comes_to_the_page_and_is_not_counted(client, code, agent):
    assert scan(client, code, agent=agent).status_code == 302
    assert sums() == []


def test_asking_for_the_head_or_ahead_is_no_visit(client, code):
    assert scan(client, code, method="head").status_code == 302
    scan(client, code, **{"Sec-Purpose": "prefetch;prerender"})
    scan(client, code, Purpose="preview")
    assert scan(client, code, method="post").status_code == 405
    assert sums() == []


@pytest.mark.parametrize("letters", ["ZZZZZ", "x", "nothing at all", "%00", "0" * 300])
def test_an_unknown_code_says_so_helps_on_and_writes_nothing(client, code, letters):
    answer = client.get(f"/en/q/{letters}", headers={"User-Agent": PHONE})
    assert answer.status_code == 404
    assert "We do not know this code" in answer.content.decode()
    assert 'href="/en/"' in answer.content.decode()
    assert sums() == []


def test_typed_in_with_small_letters_it_is_the_same(client, code):
    CampaignCode.objects.update(code="10ABC")
    assert client.get("/q/lo-abc", headers={"User-Agent": PHONE}).status_code == 302
    assert [visits for _week, visits in sums()] == [1]


def test_a_retired_code_leads_on_and_counts_no_more(client, code):
    scan(client, code)
    campaigns.retire(code, at=NOW)
    assert scan(client, code).status_code == 302
    assert [visits for _week, visits in sums()] == [1]


def test_what_is_not_in_the_programme_leads_to_its_organisation_and_still_counts(client, shop, code):
    draft = factories.activity(place=shop, title="Soon")
    type(draft).objects.filter(pk=draft.pk).update(published_at=None)
    soon = campaigns.make(draft, channel="sticker", at=NOW)
    assert scan(client, soon)["Location"] == "/organisations/shop"
    publishing.archive(code.activity, at=NOW)
    assert scan(client, code)["Location"] == "/organisations/shop"
    publishing.delete(code.activity, at=NOW)
    assert scan(client, code)["Location"] == "/organisations/shop"
    assert [visits for _week, visits in sums()] == [2, 1]


def test_a_code_can_lead_to_a_place_or_an_organisation(client, shop):
    for page, path in ((shop, "/locations/shop"), (shop.organisation, "/organisations/shop")):
        assert scan(client, campaigns.make(page, channel="instagram", at=NOW))["Location"] == path


def test_a_scan_costs_a_look_and_a_count(client, code):
    scan(client, code)
    with CaptureQueriesContext(connection) as queries:
        scan(client, code)
    assert len(queries) == 2


# ---------------------------------------------------------------- counts


def codes_of(user):
    return CampaignCode.objects.for_user(user)


def test_counts_are_of_the_weeks_asked_for_and_of_who_asks(shop):
    hub = factories.location(slug="hub")
    ours = [campaigns.make(shop, channel=channel, at=NOW) for channel in ("poster", "poster", "sticker", "whatsapp")]
    theirs = campaigns.make(hub, channel="poster", at=NOW)
    for code, weeks in [(ours[0], (0, 0, 1)), (ours[1], (1,)), (ours[2], (5,)), (theirs, (0,))]:
        for ago in weeks:
            campaigns.count_visit(code, at=NOW - ago * WEEK)
    campaigns.note_put_up(ours[2], week=week_of(NOW), number=40)
    campaigns.note_put_up(ours[2], week=week_of(NOW), number=25)

    asked = (week_of(NOW - WEEK), week_of(NOW))
    counts = campaigns.campaign_counts(*asked, codes_of(factories.publisher(of=shop.organisation)))
    assert counts.channels == [
        ChannelCounts(channel=Channel.POSTER, codes=2, visits=4, put_up=0),
        ChannelCounts(channel=Channel.STICKER, codes=1, visits=0, put_up=25),
    ]
    assert (counts.visits, counts.put_up) == (4, 25)
    assert campaigns.campaign_counts(*asked, codes_of(factories.coordinator())).visits == 5
    nobody = campaigns.campaign_counts(*asked, codes_of(factories.make_user()))
    assert (nobody.channels, nobody.visits, nobody.put_up) == ([], 0, 0)


def test_a_week_around_the_new_year_has_one_sum(code):
    for moment in ("2026-12-31T23:59", "2027-01-01T00:00", "2027-01-03T23:59", "2027-01-04T00:00"):
        campaigns.count_visit(code, at=factories.moment(moment))
    assert sums() == [(day("2026-12-28"), 3), (day("2027-01-04"), 1)]
