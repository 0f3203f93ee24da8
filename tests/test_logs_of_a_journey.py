"""What the real server and the real worker write down of a day with every kind of secret in it."""

import json
import re
import time
import uuid
from email import message_from_bytes, policy

import pytest
import requests

from tests.sites import Site, fresh_database

QUERY = "zoekwoord-van-iemand"
WRONG_PASSWORD = "welkom2026-getypt"
WRONG_TOKEN = "inloop_user_dit-is-er-geen"
INVITED = "nieuw.iemand@elders.example"
NEW_PASSWORD = "vier blauwe fietsen"


@pytest.fixture
def site(tmp_path):
    more = {"EMAIL_URL": f"filemail://{tmp_path}/mail", "METRICS_DIR": str(tmp_path / "figures"), "LOG_LEVEL": "DEBUG"}
    (tmp_path / "mail").mkdir()
    site = Site(fresh_database(tmp_path, name="logs"), more=more, log=tmp_path / "log")
    site.demo = json.loads(site.manage("demo", "--json", "--weeks", "0"))
    site.start()
    yield site
    site.stop()


class Person(requests.Session):
    """A browser at the desk."""

    def __init__(self, site):
        super().__init__()
        self.site = site

    def submit(self, path, **fields):
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(self.site.address + path).text)[1]
        self.tokens = {*getattr(self, "tokens", ()), token}
        answer = self.post(self.site.address + path, {"csrfmiddlewaretoken": token, **fields})
        assert answer.status_code == 200, answer.text
        return answer


def at_the_door(site):
    """Pairs a phone, and checks in with a good pass, with a wrong one and with a body that is none; its secrets."""
    api = f"{site.address}/api/v1"
    boss = {"Authorization": f"Bearer {site.demo['coordinator']['token']}"}
    device = {"location": "jongerenwinkel", "name": "Deur"}
    code = requests.post(f"{api}/devices", json=device, headers=boss, timeout=30).json()["pairingCode"]
    token = requests.post(f"{api}/devices/pair", json={"code": code}, timeout=30).json()["token"]
    phone = {"Authorization": f"Bearer {token}"}
    fresh = requests.post(f"{api}/passes", json={"count": 1}, headers=boss, timeout=30).json()["passes"][0]["token"]
    for card in (site.demo["passes"][0], site.demo["revokedPass"], fresh, "0000000000000000"):
        item = {"id": str(uuid.uuid4()), "kind": "pass", "scannedAt": "2026-11-24T15:00:00Z", "pass": card}
        body = json.dumps({"checkIns": [item]})
        for sent in (body, body[:-1]):
            requests.post(f"{api}/check-ins", sent, headers=phone | {"Content-Type": "application/json"}, timeout=30)
    requests.get(f"{api}/devices?wrong={fresh}", headers={"Authorization": f"Bearer {WRONG_TOKEN}"}, timeout=30)
    return {code, token, fresh, site.demo["revokedPass"], *site.demo["passes"], site.demo["coordinator"]["token"]}


def at_the_desk(site, mail):
    """Signs in at the second try, looks for something and invites somebody, who comes; its secrets."""
    boss = Person(site)
    known = site.demo["coordinator"]
    boss.submit("/desk/login", username=known["email"], password=WRONG_PASSWORD)
    boss.submit("/desk/login", username=known["email"], password=known["password"])
    boss.get(f"{site.address}/desk?q={QUERY}")
    boss.get(f"{site.address}/?q={QUERY}")
    boss.submit("/desk/people/new", email=INVITED, name="Nieuw Iemand", language="nl", is_coordinator="on")
    found = None
    for _try in range(300):
        # It may be there before it is written to its end.
        letters = [message_from_bytes(one.read_bytes(), policy=policy.default) for one in mail.iterdir()]
        bodies = [letter.get_body(("plain",)) for letter in letters]
        text = "".join(body.get_content() for body in bodies if body)
        if found := re.search(r"/invite#(\w{16})\b", text):
            break
        time.sleep(0.1)
    code = found[1]
    guest = Person(site)
    guest.get(f"{site.address}/feeds/private.ics", auth=("anybody", NEW_PASSWORD))
    said = {"name": "Nieuw Iemand", "password": NEW_PASSWORD, "again": NEW_PASSWORD}
    guest.submit("/invite", code=code, **said)
    cookies = {one.value for person in (boss, guest) for one in person.cookies}
    assert len(cookies) > 1
    return {code, *cookies, *boss.tokens, *guest.tokens, known["email"], known["password"]}


@pytest.mark.one_database
def test_no_secret_of_a_journey_is_in_the_log_of_server_or_worker(site, tmp_path):
    secrets = at_the_door(site) | at_the_desk(site, tmp_path / "mail")
    secrets |= {QUERY, WRONG_PASSWORD, WRONG_TOKEN, INVITED, "Nieuw Iemand", NEW_PASSWORD, "127.0.0.1"}
    site.stop()

    log = site.log.read_text()

    assert "signed in: " in log
    assert "not signed in" in log
    assert [one for one in sorted(secrets) if one and one in log] == []
