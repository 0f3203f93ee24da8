import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.timezone import now

from schools import acts, audit
from schools.models import AccessToken, User


class Command(BaseCommand):
    help = "Makes an access token for a person's program, and shows it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name", help="what it is for, such as 'dashboard of the council'")
        parser.add_argument("--days", type=int, default=365, help="how long it is valid (default 365)")

    def handle(self, *, email: str, name: str, days: int, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"Nobody signs in with {email}.")
        at = now()
        with transaction.atomic():
            token = AccessToken.issue(user=user, name=name, expires_at=at + dt.timedelta(days=days))
            audit.record(acts.TOKEN_ISSUED, of=user, changes={"name": (None, name)}, at=at)
        self.stdout.write(token)
