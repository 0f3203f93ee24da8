import os
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils.timezone import now
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings, HTTP2Settings

from attendance import demo
from schools.models import User
from towns import registry

# Bytes of a request before its body; Granian by itself takes 400,000 and more, and of HTTP/2 millions. By powers of two
# it reads, so another number would let through up to twice as much; and a line that is too long by itself is 414.
MOST_HEADERS = 128 * 1024


class Command(BaseCommand):
    help = "Serves the site with its worker; an empty database is filled with the demo first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--only-web", action="store_true", help="as in production: no worker, no migration and no demo"
        )

    def handle(self, *, only_web: bool, **options: Any) -> None:
        if only_web:
            _serve()
            return
        if registry.is_many():
            # They come by a command, and are migrated by one.
            self._say("\n".join(row.given["BASE_URL"] for row in registry.everyone()))
        else:
            self._make_ready()
        worker = subprocess.Popen([sys.executable, "manage.py", "work", "--with", str(os.getpid())])
        try:
            _serve()
        finally:
            worker.terminate()
            worker.wait()

    def _make_ready(self) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        if demo.is_empty():
            self._say("Making the demo town…")
            demo.fill(weeks=12, at=now())
        self._say_where()

    def _say_where(self) -> None:
        url = settings.BASE_URL
        lines = [f"The programme  {url}/", f"The desk       {url}/desk", f"The door       {url}/door", ""]
        demo_people = demo.credentials()
        known = set(
            User.objects.filter(email__in=[p["email"] for p in demo_people.values()]).values_list("email", flat=True)
        )
        for person in demo_people.values():
            if person["email"] in known:
                lines.append(f"Sign in as {person['email']} with {person['password']}")
        self._say("\n".join(lines))

    def _say(self, text: str) -> None:
        """Now: whoever reads it through a pipe would get it only when the server ends."""
        self.stdout.write(text)
        self.stdout.flush()


def _serve() -> None:
    Granian(
        "config.wsgi:application",
        address=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8000")),
        interface=Interfaces.WSGI,
        workers=settings.WORKERS,
        blocking_threads=settings.WEB_THREADS,
        # A process that is only just starting hears no end; the others finish what they answer well before.
        workers_kill_timeout=20,
        http1_settings=HTTP1Settings(max_buffer_size=MOST_HEADERS),
        http2_settings=HTTP2Settings(max_headers_size=MOST_HEADERS),
        log_enabled=False,
    ).serve()
