import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.timezone import now

from schools import acts, audit
from schools.models import AccessToken, Organisation, Scope, User


class Command(BaseCommand):
    help = "Makes an access token for a person's program, and shows it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name", help="what it is for, such as 'dashboard of the council'")
        parser.add_argument("--days", type=int, default=365, help="how long it is valid (default 365)")

        parser.add_argument("--scope", choices=Scope.values, default=Scope.EVERYTHING, help="what it may be used for")
        parser.add_argument("--organisation", metavar="SLUG", help="with --scope publish: for which one")

    def handle(self, *, email: str, name: str, days: int, scope: str, organisation: str | None, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"Nobody signs in with {email}.")
        owner = Organisation.objects.filter(slug=organisation).first()
        if organisation and owner is None:
            raise CommandError(f"There is no organisation {organisation}.")
        at = now()
        expires_at = at + dt.timedelta(days=days)
        try:
            with transaction.atomic():
                token = AccessToken.issue(user=user, name=name, scope=scope, organisation=owner, expires_at=expires_at)
                audit.record(acts.TOKEN_ISSUED, of=user, changes={"name": (None, name)}, at=at)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(token)
