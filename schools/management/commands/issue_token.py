import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

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
        self.stdout.write(AccessToken.issue(user=user, name=name, expires_at=now() + dt.timedelta(days=days)))
