from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.timezone import now

from schools import acts, audit
from schools.models import User
from schools.signin import second_step


class Command(BaseCommand):
    help = "For who lost the phone and the recovery codes: from now on the password alone signs in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *, email: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"Nobody signs in with {email}.")
        with transaction.atomic():
            forgotten = second_step.forget(user)
            if forgotten:
                audit.record(acts.SECOND_STEP_FORGOTTEN, of=user, at=now())
        self.stdout.write(f"{forgotten} forgotten.")
