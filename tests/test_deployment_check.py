"""What the check of a deployment says of connections that leave the machine."""

import os
import re
import subprocess
import sys

import pytest
from django.core.checks import run_checks

from config.checks import unproved
from config.settings import BASE_DIR

POSTGRES = {"ENGINE": "django.db.backends.postgresql", "HOST": "", "OPTIONS": {}}


@pytest.mark.parametrize(
    ("host", "options", "is_told"),
    [
        ("db.example", {}, True),
        ("db.example", {"sslmode": "require"}, True),
        ("db.example", {"sslmode": "verify-ca"}, True),
        ("db.example", {"sslmode": "verify-full"}, False),
        ("database", {"sslmode": "disable"}, False),
        ("10.0.0.7", {}, True),
        ("", {"host": "db.example"}, True),
        ("localhost", {"hostaddr": "10.0.0.7"}, True),
        ("127.0.0.1,db.example", {}, True),
        ("localhost.example", {}, True),
        ("", {}, False),
        ("/run/postgresql", {}, False),
        ("localhost", {}, False),
        ("127.0.0.2", {}, False),
        ("::1", {}, False),
        ("127.0.0.1,[::1]", {"sslmode": "disable"}, False),
    ],
)
def test_a_database_on_another_machine_has_to_prove_who_it_is(host, options, is_told):
    towns = {"ENGINE": "towns.postgresql", "HOST": host, "OPTIONS": options}
    for database in (POSTGRES | {"HOST": host, "OPTIONS": options}, towns):
        assert unproved({"default": database}) == (["default"] if is_told else [])


def test_a_file_is_on_this_machine():
    assert unproved({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "inloop.sqlite3"}}) == []


def test_the_check_tells_each_database_and_no_password():
    address = "postgres://inloop:geheim@db.example/inloop"
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env=os.environ
        | {"DEBUG": "0", "DJANGO_SETTINGS_MODULE": "config.settings", "REPLICA_URL": address}
        | {"DATABASE_URL": f"{address}?sslmode=verify-full"},
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert re.findall(r"\(inloop\.(W\d+)\) (.*?) is on another machine", done.stderr) == [
        ("W001", "The database replica1")
    ]
    assert "geheim" not in done.stderr


@pytest.mark.parametrize(
    ("host", "encrypted", "is_told"),
    [
        ("mail.example", "", True),
        ("mail.example", "use_tls", False),
        ("mail.example", "use_ssl", False),
        ("127.0.0.1", "", False),
    ],
)
def test_letters_in_plain_text_to_another_machine_are_told(settings, host, encrypted, is_told):
    options = {"host": host, "use_tls": encrypted == "use_tls", "use_ssl": encrypted == "use_ssl"}
    settings.SENDS_MAIL, settings.MAILERS = True, {"default": {"BACKEND": "x", "OPTIONS": options}}

    told = run_checks(tags=["security"], include_deployment_checks=True)
    assert ("inloop.W002" in [one.id for one in told]) == is_told
    assert "inloop.W002" not in [one.id for one in run_checks(tags=["security"])]
