"""Posters and stickers: looked at as pictures, read by a decoder, and heard as a screen reader hears them."""

import io

import pypdfium2
import pytest
from django.test import override_settings
from pypdf import PdfReader

from activities import campaigns
from activities.posters import poster_pdf
from schools.colours import contrast, printed
from tests import factories
from tests.factories import NOW
from tests.qr_reader import read_code

pytestmark = pytest.mark.django_db


@pytest.fixture
def club(shop):
    values = {"starts_on": "2026-11-24", "rrule": "FREQ=WEEKLY;BYDAY=TU,TH", "until": "2027-01-08"}
    return factories.activity(place=shop, title="Techniekclub", level="po", min_age=9, max_age=12, **values)


def made(page, **settings):
    return campaigns.make(page, channel="poster", place="Library", at=NOW)


def poster(code, *, size="a4", language="nl"):
    return poster_pdf(code, size=size, language=language, at=NOW)


def words(pdf):
    return " ".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())


def picture(pdf, *, dots_per_inch=100):
    """As an office printer shows it."""
    return pypdfium2.PdfDocument(pdf)[0].render(scale=dots_per_inch / 72).to_pil()


@pytest.mark.parametrize(("size", "millimetres"), [("a4", (210, 297)), ("a6", (105, 148.5))])
def test_the_code_on_the_printed_picture_leads_to_its_own_address(club, size, millimetres):
    code = made(club)
    pdf = poster(code, size=size)

    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    width, height = pypdfium2.PdfDocument(pdf)[0].get_size()
    assert (width / 72 * 25.4, height / 72 * 25.4) == pytest.approx(millimetres, abs=0.6)
    assert read_code(picture(pdf)) == [f"http://testserver/q/{code.code}"]
    # From across the street, by a poor camera.
    assert read_code(picture(pdf).resize((240, 340))) == [f"http://testserver/q/{code.code}"]


def test_it_says_what_when_where_and_for_whom_in_the_language_that_was_chosen(club):
    code = made(club)
    dutch, english = words(poster(code)), words(poster(code, language="en", size="a6"))

    for said in (
        "Techniekclub",
        "Elke dinsdag en donderdag",
        "15.30 tot 17.00 uur",
        "24 november tot en met 7 januari 2027",
    ):
        assert said in dutch
    assert "Niet in de schoolvakanties" in dutch
    assert "Voor basisschool 9 tot en met 12 jaar" in dutch
    for said in ("Shop", "Vlinderplein 1, Zaandam", "Be on Track", f"testserver/q/{code.code}"):
        assert said in dutch
    for said in ("Every Tuesday and Thursday", "24 November to 7 January 2027", f"testserver/en/q/{code.code}"):
        assert said in english


def test_a_screen_reader_gets_a_title_a_language_and_the_address_of_the_code(club):
    code = made(club)
    for language in ("nl", "en"):
        reader = PdfReader(io.BytesIO(poster(code, language=language)))
        root = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        assert root["/Lang"] == language
        assert reader.metadata.title == "Techniekclub"
        figures = [one.get("/Alt") for one in structure(root["/StructTreeRoot"]) if one.get("/S") == "/Figure"]
        [said] = figures
        assert code.code in said


def structure(node):
    """Every element of a tagged PDF, from the top."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for child in node:
            yield from structure(child)
    elif hasattr(node, "get"):
        yield node
        yield from structure(node.get("/K", []))


def test_of_a_place_it_says_what_is_on_there(club, shop):
    factories.activity(place=shop, title="Over and gone", starts_on="2026-01-05", rrule="")
    draft = factories.activity(place=shop, title="Not yet online")
    type(draft).objects.filter(pk=draft.pk).update(published_at=None)

    for page in (shop, shop.organisation):
        said = words(poster(made(page)))
        assert "Techniekclub Elke dinsdag en donderdag, 15.30 tot 17.00 uur" in said
        assert "Over and gone" not in said
        assert "Not yet online" not in said


@pytest.mark.parametrize("title", ["Wiskundebijlesondersteuningsprogramma-middag", "Ouder-en-kindochtend " * 4, "Ж"])
def test_a_title_of_any_length_stays_on_the_page_and_off_the_code(club, title):
    club.title = title.strip()
    club.save(update_fields=["title"])
    code = made(club)

    assert read_code(picture(poster(code, size="a6"))) == [f"http://testserver/q/{code.code}"]
    assert len(PdfReader(io.BytesIO(poster(code))).pages) == 1


@pytest.mark.parametrize("brand", ["#0b5d57", "#ffd500", "#000000", "#808080", "#ffffff"])
def test_with_any_colour_of_a_town_it_can_be_read(brand):
    with override_settings(PRINT_BRAND=brand, PRINT_ACCENT="#f2a93b"):
        colours = printed()
    assert (colours.brand, colours.accent) == (brand, "#f2a93b")
    assert contrast(colours.on_brand, colours.brand) >= 3.6  # large letters need 3
    assert contrast(colours.mark_on_brand, colours.brand) >= 3.6
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    assert contrast(colours.brand_on_white, "#ffffff") >= 4.5


def test_the_towns_own_colours_are_what_is_printed(club):
    with override_settings(PRINT_BRAND="#1d3f8f", PRINT_ACCENT="#ffd500"):
        image = picture(poster(made(club))).convert("RGB")
    assert image.getpixel((image.width // 2, 4)) == (0x1D, 0x3F, 0x8F)
    assert image.getpixel((4, 4)) == (0xFF, 0xD5, 0x00)
