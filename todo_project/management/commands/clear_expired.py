from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from accounts.attempts import clear_expired
from accounts.models import IdempotencyKey, PersonalToken, SignIn, Tombstone
from accounts.sessions import SessionStore
from tasks import trash
from tasks.models import Task


class Command(BaseCommand):
    help = (
        "Delete expired sign-ins, personal access tokens, attempt counts, browser sessions,"
        " idempotency keys, tasks in the trash and tombstones. Run this command daily."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        self.report(SignIn, SignIn.objects.filter(expires_at__lt=now).delete()[0])
        self.report(PersonalToken, PersonalToken.objects.filter(expires_at__lt=now).delete()[0])
        self.stdout.write(f"{clear_expired()} attempts")
        SessionStore.clear_expired()
        keys = IdempotencyKey.objects.filter(created_at__lt=now - IdempotencyKey.KEPT)
        self.report(IdempotencyKey, keys.delete()[0])
        self.report(Task, trash.purge(now))
        self.report(Tombstone, Tombstone.purge(now))

    def report(self, model: Any, count: int) -> None:
        self.stdout.write(f"{count} {model._meta.verbose_name_plural}")
