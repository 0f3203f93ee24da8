"""What the decoder reads from the frames of a bad camera. How much of the hardest it reads: ./run bench scanner."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from benches import frames
from tests.browser.decoders import Decoder
from tests.sites import Site

PASS = "https://inloop.gemeente.example/p#0123456789ABCDEF"
SMALL, LARGE = (640, 480), (1280, 720)


@pytest.fixture(scope="module")
def decoder(browser: Browser, site: Site) -> Iterator[Decoder]:
    page = browser.new_page()
    page.goto(f"{site.url}/door")
    yield Decoder(page)
    page.close()


@pytest.mark.parametrize("category", [name for name in frames.CATEGORIES if name != frames.NOTHING])
def test_a_pass_is_read_in_bad_conditions(decoder: Decoder, category: str) -> None:
    assert decoder.read(frames.frame(PASS, category=category, size=SMALL, strength=0).picture) == PASS


def test_a_pass_is_read_from_a_large_frame(decoder: Decoder) -> None:
    assert decoder.read(frames.frame(PASS, category="plain", size=LARGE, strength=1).picture) == PASS


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_nothing_is_read_where_there_is_no_code(decoder: Decoder, size: frames.Size) -> None:
    assert decoder.read(frames.frame(PASS, category=frames.NOTHING, size=size, strength=1).picture) == ""
