"""The desk's pages about posters and stickers: made, downloaded, counted, and retired."""

import re

import pytest

from activities import campaigns
from activities.models import CampaignCode, CampaignWeek
from activities.weeks import week_of
from tests import factories
from tests.factories import NOW, WEEK
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]

DESK = "/en/desk"


@pytest.fixture
def code(shop):
    return campaigns.make(factories.activity(place=shop, title="Club"), channel="sticker", place="Library", at=NOW)


def test_a_publisher_makes_a_code_for_an_activity_and_downloads_its_poster(at_desk, shop):
    factories.activity(place=shop, title="Club")
    form = at_desk.get(f"{DESK}/campaigns/new?for=activity-club")
    assert re.search(r'value="activity-club" selected', form.content.decode())
    answer = at_desk.post(
        f"{DESK}/campaigns/new", {"page": "activity-club", "channel": "sticker", "place": "Library"}, follow=True
    )
    made = CampaignCode.objects.get()
    assert (made.activity.slug, made.organisation, made.channel, made.place) == (
        "club", shop.organisation, "sticker", "Library"
    )  # fmt: skip
    # What is for a sticker is small; the language is that of the page.
    html = answer.content.decode()
    assert re.search(r'value="a6" selected', html)
    assert re.search(r'value="en" selected', html)
    assert f"/en/q/{made.code}" in html
    pdf = at_desk.get(f"{DESK}/campaigns/{made.code}/poster?size=a4&language=nl")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    picture = at_desk.get(f"{DESK}/campaigns/{made.code}/preview")
    assert (picture["Content-Type"], picture.content[:4]) == ("image/png", b"\x89PNG")
    assert pdf["Content-Disposition"] == f'attachment; filename="inloop-{made.code.lower()}-a4-nl.pdf"'


@pytest.mark.parametrize(
    "wrong", [{"page": ""}, {"page": "activity-theirs"}, {"channel": "radio"}, {"place": "x" * 101}]
)
def test_what_cannot_be_is_named_at_its_field_and_makes_nothing(at_desk, shop, wrong):
    factories.activity(place=shop, title="Club")
    factories.activity(place=factories.location(slug="hub"), title="Theirs")
    values = {"page": "activity-club", "channel": "poster", "place": "Library"}
    answer = at_desk.post(f"{DESK}/campaigns/new", values | wrong)
    assert list(answer.context["form"].errors) == list(wrong)
    assert "Theirs" not in text(answer)
    assert not CampaignCode.objects.exists()


@pytest.mark.parametrize("query", ["", "?size=a3&language=nl", "?size=a4&language=xx"])
def test_a_size_or_language_that_does_not_exist_is_said(at_desk, code, query):
    answer = at_desk.get(f"{DESK}/campaigns/{code.code}/poster{query}")
    assert "Something is not right yet" in text(answer)


def test_the_list_shows_own_codes_with_their_counts_and_the_retired_apart(at_desk, shop, code):
    for ago in (0, 0, 1, 7):
        campaigns.count_visit(code, at=NOW - ago * WEEK)
    campaigns.note_put_up(code, week=week_of(NOW), number=40)
    campaigns.make(factories.location(slug="hub"), channel="poster", place="Theirs", at=NOW)
    old = campaigns.make(shop, channel="poster", place="Old wall", at=NOW)
    campaigns.retire(old, at=NOW)

    page = at_desk.get(f"{DESK}/campaigns")
    assert [(row.place, row.put_up, row.this_week, row.last_week, row.visits) for row in page.context["page"]] == [
        ("Library", 40, 2, 1, 4)
    ]
    assert [row.place for row in at_desk.get(f"{DESK}/campaigns?retired=1").context["page"]] == ["Old wall"]


def test_a_long_list_comes_in_pages_and_needs_no_more_queries(at_desk, shop, django_assert_num_queries):
    def made(number):
        for one in range(number):
            campaigns.count_visit(campaigns.make(shop, channel="poster", place=str(one), at=NOW), at=NOW)

    made(3)
    with django_assert_num_queries(5):
        at_desk.get(f"{DESK}/campaigns")
    made(30)
    with django_assert_num_queries(5):
        assert len(at_desk.get(f"{DESK}/campaigns").context["page"]) == 25


def test_how_many_were_put_up_is_written_down_per_week_and_corrected(at_desk, code):
    campaigns.count_visit(code, at=NOW)
    for number in ("40", "35"):
        at_desk.post(f"{DESK}/campaigns/{code.code}/put-up", {"week": "2026-W48", "put_up": number})
    at_desk.post(f"{DESK}/campaigns/{code.code}/put-up", {"week": "2026-W47", "put_up": "5"})
    assert list(CampaignWeek.objects.order_by("-week").values_list("visits", "put_up")) == [(1, 35), (0, 5)]
    for wrong in ({"week": "2026-W49", "put_up": "1"}, {"week": "2026-W48", "put_up": "-1"}, {"week": "2026-W48"}):
        answer = at_desk.post(f"{DESK}/campaigns/{code.code}/put-up", wrong)
        assert "Something is not right yet" in text(answer)
    assert "Week 48" in text(at_desk.get(f"{DESK}/campaigns/{code.code}"))


def test_a_retired_code_says_so_and_keeps_what_was_counted(at_desk, code):
    campaigns.count_visit(code, at=NOW)
    answer = at_desk.post(f"{DESK}/campaigns/{code.code}/retire", follow=True)
    assert "counts no more" in text(answer)
    assert CampaignWeek.objects.get().visits == 1


@pytest.mark.parametrize("verb", ["", "/poster?size=a4&language=nl", "/preview", "/put-up", "/retire"])
def test_a_code_of_another_organisation_does_not_exist(at_desk, verb):
    theirs = campaigns.make(factories.location(slug="hub"), channel="poster", at=NOW)
    for method in ("get", "post"):
        answer = getattr(at_desk, method)(f"{DESK}/campaigns/{theirs.code}{verb}")
        assert answer.status_code in (404, 405)
    theirs.refresh_from_db()
    assert theirs.retired_at is None
