"""What `manage.py check --deploy` says of connections that leave this machine. Of a password nothing is told."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core import checks

# Of libpq: the others take a connection in plain text, or a certificate of whoever answers. Who writes "disable" says
# that the network between is theirs alone, as in compose; left out it is an oversight.
SAID = ("verify-full", "disable")


def is_here(host: str) -> bool:
    """A socket or the loopback: what goes there stays on this machine."""
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def hosts_of(database: Mapping[str, Any]) -> list[str]:
    """One, or several of which one leads; an address in the options is where it really goes."""
    options = database.get("OPTIONS", {})
    named = options.get("hostaddr") or options.get("host") or database.get("HOST") or ""
    return [host.strip() for host in str(named).split(",")]


def unproved(databases: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The databases on another machine that are not asked to prove who they are. Pure."""
    return [
        name
        for name, database in databases.items()
        if "postgresql" in database["ENGINE"]
        and database.get("OPTIONS", {}).get("sslmode") not in SAID
        and not all(map(is_here, hosts_of(database)))
    ]


@checks.register(checks.Tags.security, deploy=True)
def databases_are_proved(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    hint = "Add ?sslmode=verify-full&sslrootcert=… to its address: docs/deploying.md, Connections."
    return [
        checks.Warning(
            f"The database {name} is on another machine, and what goes there may be read or answered by others.",
            hint=hint,
            id="inloop.W001",
        )
        for name in unproved(settings.DATABASES)
    ]


@checks.register(checks.Tags.security, deploy=True)
def letters_leave_encrypted(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    server = settings.MAILERS["default"]["OPTIONS"]
    if not settings.SENDS_MAIL or server["use_tls"] or server["use_ssl"] or is_here(server["host"]):
        return []
    return [
        checks.Warning(
            "Letters go to the mail server in plain text, invitations too.",
            hint="Begin EMAIL_URL with smtp+tls:// or smtp+ssl://.",
            id="inloop.W002",
        )
    ]
