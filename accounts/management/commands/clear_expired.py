from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from accounts.attempts import clear_expired
from accounts.models import SignIn
from accounts.sessions import SessionStore


class Command(BaseCommand):
    help = "Delete sign-ins, counts of attempts and browser sessions that are over. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        count, _ = SignIn.objects.filter(expires_at__lt=timezone.now()).delete()
        self.stdout.write(f"{count} sign-ins\n{clear_expired()} attempts")
        SessionStore.clear_expired()
