from time import time_ns
from typing import Any

from django.core.management import BaseCommand
from django.db.models import F

from accounts.models import User

GAP = 1_000_000  # more than the writes of a user that a backup can lack


class Command(BaseCommand):
    help = "After restoring a backup: have all clients of /api/sync start again."

    def handle(self, *args: Any, **options: Any) -> None:
        """The lost revisions are not given again, as clients know them from ETags."""
        # A count could give the epoch of an earlier restore of the same backup again.
        epoch = time_ns() // 1000
        count = User.objects.update(sync_epoch=epoch, revision=F("revision") + GAP)
        self.stdout.write(f"{count} users")
