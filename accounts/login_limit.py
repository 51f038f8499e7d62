"""How often a password may be tried: by account and by client, wherever it is typed."""

from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .attempts import Limit, attempt, client_address, lock, write
from .models import Attempts

REMEMBERED = timedelta(days=30)  # how long a client is known from which an account was signed in


class Counts(NamedTuple):
    """Of the attempts to sign in of an account or a client: those that failed, and all of them."""

    failures: Limit
    hashes: Limit


class LoginLimit:
    """THROTTLE_LOGIN failures for an account, existing or not, and ten times that from a client.

    Successful attempts cost a hash too: of all attempts, three times as many are allowed. A client
    that signed in to the account recently has separate counts, so that an attacker who guesses
    cannot lock the owner out.
    """

    def __init__(self, request: Any, email: str) -> None:
        client = client_address(request)
        self.address = self.counts("address", client, 10 if request else 0)
        self.known = self.counts("known", f"{email} {client}")
        self.strangers = self.counts("account", email)
        self.account = self.known if self.known.failures.exists() else self.strangers

    def counts(self, scope: str, subject: str, factor: int = 1) -> Counts:
        rate = settings.THROTTLE_LOGIN
        failures = Limit(f"login {scope}", subject, rate, factor)
        return Counts(failures, Limit(f"hashes {scope}", subject, rate, 3 * factor))

    def attempt(self) -> None:
        attempt(*self.address, *self.account)

    def succeed(self) -> None:
        """It was no failure, and the account was signed in from this address."""
        limits = {self.address.failures, self.account.failures, self.known.failures}
        keys = [limit.key for limit in limits if limit.count]
        if not keys:
            return
        with transaction.atomic():
            rows = lock(keys)
            rows[self.account.failures.key].times = []
            remembered = rows[self.known.failures.key]
            remembered.times, remembered.expires_at = [], timezone.now() + REMEMBERED
            if address := rows.get(self.address.failures.key):
                counted = self.address.failures.counted
                address.times = [at for at in address.times if at != counted]
            write(rows.values())

    def forgive(self) -> None:
        """The owner has shown by mail who they are, and where."""
        self.strangers.failures.clear()
        self.known.failures.remember(REMEMBERED)

    def forget(self) -> None:
        """The account is gone, within the same transaction."""
        rows = lock([limit.key for limit in (*self.strangers, *self.known)])
        Attempts.objects.filter(key__in=rows).delete()
