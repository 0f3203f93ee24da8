"""What catalogues and lawyers read: publiccode.yml by its standard, the licence, and a picture that is true."""

import re
import tomllib
from pathlib import Path

import yaml
from django.conf import settings

from tests.test_architecture import PACKAGES

ROOT = Path(__file__).resolve().parent.parent
TOLD = yaml.safe_load((ROOT / "publiccode.yml").read_text())
# Of publiccode.yml 0.7: each key, and whether it has to be there.
KEYS = {
    "publiccodeYmlVersion": True, "name": True, "url": True, "platforms": True, "categories": False,
    "developmentStatus": True, "softwareType": True, "description": True, "legal": True, "maintenance": True,
    "localisation": True, "intendedAudience": False, "dependsOn": False, "logo": False, "landingURL": False,
    "roadmap": False, "usedBy": False, "softwareVersion": False, "releaseDate": False,
}  # fmt: skip
PARTS = {
    "intendedAudience": {"countries", "unsupportedCountries", "scope"},
    "legal": {"license"},
    "maintenance": {"type", "contacts", "contractors"},
    "localisation": {"localisationReady", "availableLanguages"},
    "dependsOn": {"open", "proprietary", "hardware"},
}
OF_A_LANGUAGE = {"shortDescription", "longDescription", "features", "screenshots", "documentation", "apiDocumentation"}


def test_publiccode_yml_has_the_keys_of_its_standard_and_no_other():
    assert TOLD["publiccodeYmlVersion"] == "0.7"
    assert TOLD.keys() <= KEYS.keys()
    assert {key for key, is_needed in KEYS.items() if is_needed} <= TOLD.keys()
    assert [key for key, parts in PARTS.items() if not TOLD[key].keys() <= parts] == []
    assert TOLD["url"].startswith("https://")
    assert TOLD["developmentStatus"] in {"concept", "development", "beta", "stable", "obsolete"}
    assert TOLD["softwareType"] == "standalone/web"
    assert TOLD["maintenance"]["type"] in {"internal", "contract", "community", "none"}
    assert all(contact["name"] for contact in TOLD["maintenance"]["contacts"])
    assert TOLD["localisation"]["localisationReady"] is True


def test_it_is_told_in_every_language_that_it_has_a_text_for():
    for words in TOLD["description"].values():
        assert words.keys() <= OF_A_LANGUAGE
        assert len(words["shortDescription"]) <= 150
        assert 150 <= len(words["longDescription"]) <= 10_000
        assert words["features"]
        assert all((ROOT / picture).exists() for picture in words["screenshots"])
    assert (ROOT / TOLD["logo"]).exists()
    assert set(TOLD["localisation"]["availableLanguages"]) <= {code for code, _name in settings.LANGUAGES}


def test_the_licence_is_the_same_everywhere_and_whole():
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2\nEUPL © the European Union 2007, 2016\n")
    assert re.findall(r"^(\d+)\. ?\S", text, re.M) == [str(number) for number in range(1, 16)]
    assert "Appendix" in text
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "EUPL-1.2"
    assert TOLD["legal"] == {"license": "EUPL-1.2"}
    assert settings.SPECTACULAR_SETTINGS["LICENSE"] == {"name": "EUPL-1.2"}


def test_the_version_is_that_of_the_changelog():
    newest = re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.M)[1]
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == newest


def test_the_picture_shows_who_imports_whom_and_works_in_the_dark():
    picture = (ROOT / "docs/architecture.svg").read_text()
    drawn = re.findall(r'class="package" [^>]*? y="(\d+)".*?<text class="title"[^>]*>(\w+)<', picture, re.S)
    from_the_top = [name for _y, name in sorted(drawn, key=lambda one: int(one[0]))]
    assert from_the_top == PACKAGES[-2::-1]
    assert picture.count(">imports<") == len(from_the_top) - 1
    assert "prefers-color-scheme: dark" in picture
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", picture)
