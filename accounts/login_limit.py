"""Limits on password attempts, by account and by client, for the API and all pages."""

from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .attempts import Limit, attempt, client_address, lock, write
from .models import Attempts

KNOWN_FOR = timedelta(days=30)  # how long a client is known to an account after a sign-in


class Counts(NamedTuple):
    """The sign-in attempts of an account or a client: failed attempts and all attempts."""

    failures: Limit
    hashes: Limit


class LoginLimit:
    """Allows THROTTLE_LOGIN failures per account, existing or not, and ten times that per client.

    Successful attempts cost a hash too, so three times as many attempts are allowed in total. A
    client that recently signed in to the account has separate counts, so that an attacker who
    guesses cannot lock the owner out.
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
        """Do not count the attempt as a failure. The client is now known to the account."""
        limits = {self.address.failures, self.account.failures, self.known.failures}
        keys = [limit.key for limit in limits if limit.count]
        if not keys:
            return
        with transaction.atomic():
            rows = lock(keys)
            rows[self.account.failures.key].times = []
            known = rows[self.known.failures.key]
            known.times, known.expires_at = [], timezone.now() + KNOWN_FOR
            if address := rows.get(self.address.failures.key):
                counted = self.address.failures.counted
                address.times = [at for at in address.times if at != counted]
            write(rows.values())

    def withdraw(self) -> None:
        """It was no failure and no success. Earlier failures still count."""
        self.address.failures.withdraw()
        self.account.failures.withdraw()

    def forgive(self) -> None:
        """Clear the failures, because the owner used a link from a mail on this client."""
        self.strangers.failures.clear()
        self.known.failures.mark_known(KNOWN_FOR)

    def forget(self) -> None:
        """Delete the counts of the account, which this transaction deletes."""
        rows = lock([limit.key for limit in (*self.strangers, *self.known)])
        Attempts.objects.filter(key__in=rows).delete()
