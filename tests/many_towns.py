"""An installation that serves two municipalities, in a database of its own on the tests' server."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from config.settings import BASE_DIR
from tests.sites import fresh_database

# What each script begins with. Signing in is not what they wait for.
BEGINNING = """
import json, sys
import django
from django.conf import settings
django.setup()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
from django.db import connection, transaction
from django.test import Client
import towns
from schools.models import Organisation
from tests import factories
from towns import current, registry, serving
def town(name):
    return registry.town_of(registry.by_name(name))
def at(name):
    return Client(headers={"Host": f"{name}.example"})
def tell(**found):
    print(json.dumps(found, default=str))
"""


class Installation:
    def __init__(self, folder: Path, *, name: str = "many") -> None:
        self.database = fresh_database(folder, name=name)
        self.more = {"MUNICIPALITIES": "1", "BASE_URL": "http://watch.example", "SECRET_KEY": "of-the-installation" * 3}

    def add(self, name: str, *settings: str) -> None:
        own = [f"BASE_URL=http://{name}.example", f"TOWN_NAME={name.title()}", *settings]
        self.manage("municipality", "add", name, f"first@{name}.example", "The First", *own)

    def manage(self, *arguments: str, fails: bool = False, **more: str) -> str:
        """What it told, or why it refused."""
        done = self._run([sys.executable, "manage.py", *arguments], more)
        assert bool(done.returncode) == fails, done.stderr
        return done.stderr if fails else done.stdout

    def run(self, script: str, *arguments: str, **more: str) -> dict[str, Any]:
        done = self._run([sys.executable, "-c", BEGINNING + script, *arguments], more)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def _run(self, command: list[str], more: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        here = {
            "DATABASE_URL": self.database,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(BASE_DIR),
            "EMAIL_URL": "smtp://127.0.0.1:9",
        }
        return subprocess.run(
            command,
            cwd=BASE_DIR,
            env={**os.environ, **here, **self.more, **more},
            capture_output=True,
            text=True,
            check=False,
        )
