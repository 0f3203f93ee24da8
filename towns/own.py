"""What each of many municipalities has of its own among the settings.

They are made by config/settings.py itself, read once more in the environment of that municipality: so a setting means
the same for one of many as for one alone, and is checked the same.
"""

import os
import runpy
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import towns

# What a municipality may be given, by the names of the README.
GIVEN = [
    "BASE_URL",
    "TOWN_NAME",
    "PROGRAMME_NAME",
    "SCHOOL_HOLIDAY_REGION",
    "AGE_BANDS",
    "TRAVEL_MINUTES",
    "CLOSE_AFTER_DAYS",
    "CHECK_INS_KEPT_DAYS",
    "AUDIT_KEPT_DAYS",
    "CONTACT_NAME",
    "CONTACT_EMAIL",
    "ACCESSIBILITY_REGISTER",
    "EMAIL_FROM",
    "EMAIL_URL",
    "THEME_CLASS",
    "THEME_STYLESHEET",
    "PRINT_BRAND",
    "PRINT_ACCENT",
    "REQUIRE_SECOND_FACTOR",
    "SESSION_HOURS",
    "SESSION_IDLE_MINUTES",
    "OIDC_ISSUER",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
    "OIDC_ROLE_CLAIM",
    "OIDC_ROLES",
    "OIDC_ACR",
]
# Of these no setting is made by itself: they are part of another.
_WITHIN_OTHERS = {"OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"}
# What is each municipality's own: what it was given, and what follows from that and from its key. What Django reads
# only once, at the start, cannot be among them.
OWN = [
    *(name for name in GIVEN if name not in _WITHIN_OTHERS),
    "SECRET_KEY",
    "BASE_HOST",
    "ALLOWED_HOSTS",
    "DEFAULT_FROM_EMAIL",
    "SERVER_EMAIL",
    "SENDS_MAIL",
    "MAILERS",
    "SECURE_CSP",
    "SESSION_COOKIE_AGE",
    "SOCIALACCOUNT_PROVIDERS",
    "SPECTACULAR_SETTINGS",
]
# Said of the installation, these would be believed of every municipality: whose people sign in, and from whom.
_NEVER_SHARED = {"ALLOWED_HOSTS", "BASE_URL", "TOWN_NAME", *(name for name in GIVEN if name.startswith("OIDC_"))}

_SETTINGS = Path(__file__).resolve().parent.parent / "config" / "settings.py"
_ENVIRONMENT: ContextVar[MutableMapping[str, str]] = ContextVar("environment", default=os.environ)


def environment() -> MutableMapping[str, str]:
    """What config/settings.py reads: that of this process, or of the municipality whose settings are being made."""
    return _ENVIRONMENT.get()


def settings_of(name: str, *, host: str, given: Mapping[str, str], key: str) -> dict[str, Any]:
    """The values of OWN. Raises ImproperlyConfigured, or ValueError, for what cannot be."""
    shared = {name: value for name, value in os.environ.items() if name not in _NEVER_SHARED}
    own = {**shared, **given, "ALLOWED_HOSTS": host, "SECRET_KEY": key, "MUNICIPALITY": name}
    mark = _ENVIRONMENT.set(own)
    try:
        made = runpy.run_path(str(_SETTINGS))
    finally:
        _ENVIRONMENT.reset(mark)
    return {name: made[name] for name in OWN}


class Own:
    """In place of a value in Django's settings: the one of the municipality that is being served.

    Everything reads a setting when it needs it, Django itself above all: so what it signs and hashes is under the
    municipality's own key as well.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, settings: Any, owner: type | None = None) -> Any:
        if settings is None:
            return self
        town = towns.current()
        return town.settings[self.name] if town else getattr(settings._wrapped, self.name)

    def __set__(self, settings: Any, value: object) -> None:
        raise AttributeError(f"{self.name} is each municipality's own")


class EachItsOwn[Key, Value](dict[Key, Value]):
    """In place of a dictionary that a library keeps in memory: another one for each municipality."""

    def __init__(self) -> None:
        super().__init__()
        self._all: dict[str, dict[Key, Value]] = {}

    @property
    def _mine(self) -> dict[Key, Value]:
        town = towns.current()
        return self._all.setdefault(town.name if town else "", {})

    def __getitem__(self, key: Key) -> Value:
        return self._mine[key]

    def setdefault(self, key: Key, default: Any = None) -> Any:
        return self._mine.setdefault(key, default)

    def clear(self) -> None:
        self._mine.clear()
