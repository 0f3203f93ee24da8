"""Signing in as people do: in a test client, with a clock that is set, and codes reckoned by another library."""

import base64
import time
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as apps
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from schools.models import User
from tests import factories

MINUTES, HOURS = 60, 3600
TRIES = int(settings.ACCOUNT_RATE_LIMITS["login_failed"].partition("/")[0])
LOCKED = "Wacht 15 minuten"
READ_BY = ("schools.signin.sessions", "allauth.mfa.totp.internal.auth", "allauth.core.internal.ratelimit")


class Clock:
    """Stands in for the module `time`."""

    now = factories.NOW.timestamp()

    def time(self) -> float:
        return self.now

    @classmethod
    def read_by_all(cls, monkeypatch: pytest.MonkeyPatch) -> "Clock":
        clock = cls()
        for module in READ_BY:
            monkeypatch.setattr(f"{module}.time", clock)
        return clock

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def code_at(secret: str, moment: float) -> str:
    """What an app shows then, by RFC 6238."""
    return TOTP(base64.b32decode(secret), 6, SHA1(), 30, enforce_key_length=False).generate(int(moment)).decode()  # noqa: S303


def set_up_app(user: User) -> str:
    """The key in it."""
    secret = apps.generate_totp_secret()
    apps.TOTP.activate(user, secret)
    return secret


def log_in(client: Client, email: str, *, password: str = factories.PASSWORD, then: str = "") -> HttpResponse:
    return client.post("/desk/login", {"username": email, "password": password, "next": then})


def is_in(client: Client) -> bool:
    return client.get("/desk").status_code == 200
