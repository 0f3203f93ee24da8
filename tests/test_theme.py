"""The slot for a municipality's theme of NL Design System."""

import re

import pytest
from django.conf import settings as ours

BASE = (ours.BASE_DIR / "config/style/base.css").read_text()
MAPPED = (ours.BASE_DIR / "config/static/theme-nlds.css").read_text()


def set_in(css):
    return set(re.findall(r"^\s*(--[\w-]+):", css, re.M))


def test_every_property_of_our_own_is_read_from_the_tokens_of_a_theme():
    tokens = set(re.findall(r"var\((--[\w-]+)", MAPPED)) - set_in(BASE)

    assert set_in(MAPPED) == set_in(BASE)
    assert all(name.startswith("--basis-") for name in tokens)


@pytest.mark.parametrize("path", ["/privacy", "/embed"])
def test_a_theme_comes_after_our_own_style_and_before_what_reads_it(client, db, settings, path):
    assert "theme-nlds" not in client.get(path).content.decode()
    settings.THEME_CLASS, settings.THEME_STYLESHEET = "town-theme", "/theme/town.css"

    page = client.get(path).content.decode()

    assert re.search(r'<html[^>]+class="town-theme"', page)
    loaded = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    assert [re.sub(r"\.\w{12}\.", ".", one) for one in loaded] == [
        "/static/site.css",
        "/theme/town.css",
        "/static/theme-nlds.css",
    ]
