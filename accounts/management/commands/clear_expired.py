from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from accounts.models import Attempts, SignIn
from accounts.sessions import SessionStore


class Command(BaseCommand):
    help = "Delete sign-ins, counts of attempts and browser sessions that are over. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        for model in (SignIn, Attempts):
            count, _ = model.objects.filter(expires_at__lt=timezone.now()).delete()
            self.stdout.write(f"{count} {model._meta.verbose_name_plural}")
        SessionStore.clear_expired()
