import sys
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from accounts.models import User
from exchange.documents import write_document


def find_user(email: str) -> User:
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        raise CommandError(f"There is no user {email}.")
    return user


class Command(BaseCommand):
    help = "Write everything that a user owns to the standard output, as GET /api/export does."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the user's e-mail address")

    def handle(self, *args: Any, **options: Any) -> None:
        for part in write_document(find_user(options["user"])):
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
