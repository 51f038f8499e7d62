"""Limits on guessing: exact, whatever the number of processes and machines.

DRF's throttles read and then write, and share nothing between processes without a cache server.
Here a row is locked, so of any number of parallel attempts as many pass as may. They are counted
before the work that they cause, in a transaction of their own, which no refusal rolls back.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from .models import Attempts

# Seconds by which the clocks of two machines may differ. A time further ahead comes of a clock that
# has been set back since, and would keep people out until then.
CLOCK_SKEW = 5

# Locks the rows that are there and makes those that are not; no deletion comes between the two.
UPSERT = """
    INSERT INTO accounts_attempts (key, times, expires_at) VALUES {}
    ON CONFLICT (key) DO UPDATE SET key = excluded.key
    RETURNING key, times, expires_at
"""
NEW_ROW = "(%s, '[]', '1970-01-01 00:00:00')"


class Limit:
    """At most so many attempts of `subject` in any stretch of time; `rate` is `10/min` or so.

    What is refused is not counted, so the way is open again as soon as the oldest attempt is old
    enough: nobody is locked out for good. An empty rate sets no limit.
    """

    def __init__(self, scope: str, subject: str, rate: str, factor: int = 1) -> None:
        self.key = salted_hmac("attempts", f"{scope} {subject}", algorithm="sha256").hexdigest()
        count, period = parse(rate)
        self.count, self.period = count * factor, period

    def attempt(self) -> None:
        """Count an attempt. Raises `Throttled`, which knows the seconds to wait."""
        attempt(self)

    def count_in(self, row: Attempts, now: float) -> None:
        times = self.latest(row, now)
        if len(times) >= self.count:
            raise Throttled(wait=times[-self.count] + self.period - now)
        row.times = [*times, now]
        row.expires_at = max(row.expires_at, datetime.fromtimestamp(now + self.period, UTC))
        self.counted = now

    def latest(self, row: Attempts, now: float) -> list[float]:
        """The times of the row that count now."""
        return sorted(at for at in row.times if now - self.period < at <= now + CLOCK_SKEW)

    def withdraw(self) -> None:
        """Take back the attempt that this object counted."""
        if self.count:
            with transaction.atomic():
                (row,) = lock([self.key]).values()
                row.times = [at for at in row.times if at != self.counted]
                write([row])

    def clear(self) -> None:
        Attempts.objects.filter(key=self.key).delete()

    def exists(self) -> bool:
        rows = Attempts.objects.filter(key=self.key, expires_at__gt=timezone.now())
        return bool(self.count) and rows.exists()

    def remember(self, time: timedelta) -> None:
        if self.count:
            write([Attempts(key=self.key, times=[], expires_at=timezone.now() + time)])


def attempt(*limits: Limit) -> None:
    """Count an attempt of each, or of none and raise `Throttled` for one that is reached."""
    limits = tuple(limit for limit in limits if limit.count)
    if not limits:
        return
    with transaction.atomic():
        rows = lock([limit.key for limit in limits])
        now = timezone.now().timestamp()  # under the locks: others may have counted while it waited
        for limit in limits:
            limit.count_in(rows[limit.key], now)
        write(rows.values())


def lock(keys: list[str]) -> dict[str, Attempts]:
    """Their rows, in the order of the keys, so that two of these never wait for each other."""
    rows = Attempts.objects.raw(UPSERT.format(", ".join([NEW_ROW] * len(keys))), sorted(keys))
    return {row.key: row for row in rows}


def write(rows: Iterable[Attempts]) -> None:
    Attempts.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["times", "expires_at"],
    )


def clear_expired() -> int:
    """Delete counts that are over. Gives their number."""
    expired = Attempts.objects.filter(expires_at__lt=timezone.now()).order_by("key")
    deleted = 0
    while keys := list(expired.values_list("key", flat=True)[:1000]):
        with transaction.atomic():
            locked = Attempts.objects.filter(key__in=keys).order_by("key").select_for_update()
            over = [row.key for row in locked if row.expires_at < timezone.now()]
            deleted += Attempts.objects.filter(key__in=over).delete()[0]
    return deleted


class AnonymousThrottle(BaseThrottle):
    """THROTTLE_ANON calls from an address at each view that is open to all."""

    def allow_request(self, request: Request, view: Any) -> bool:
        scope = type(view).__name__
        Limit(scope, client_address(request), settings.THROTTLE_ANON).attempt()
        return True


def parse(rate: str) -> tuple[int, int]:
    """`10/min` as 10 and 60 seconds."""
    if not rate:
        return 0, 0
    count, period = rate.split("/")
    return int(count), {"s": 1, "m": 60, "h": 3600, "d": 86_400}[period[0]]


def client_address(request: Any) -> str:
    """Whom a request comes from, as far as TRUSTED_PROXIES lets a header say so.

    Of IPv6 the network of 64 bits, which is what one customer is given.
    """
    text = (BaseThrottle().get_ident(request) or "") if request else ""
    with_port = re.fullmatch(r"\[(.+)\](?::\d+)?|([0-9.]+):\d+", text)
    try:
        address = ip_address((with_port[1] or with_port[2]) if with_port else text)
    except ValueError:
        return ""  # all that cannot be told apart counts as one
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)
