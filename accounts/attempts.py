"""Limits on guessing that are exact for any number of processes and machines.

DRF's throttles read and then write, and processes share no counts without a cache server. Here a
row is locked, so parallel attempts cannot exceed a limit. Attempts are counted before the work
that they cause, in a separate transaction that an error of the request does not roll back.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle


class Attempts(models.Model):
    """When something that is limited was last tried, by one account or from one address."""

    key = models.CharField(max_length=64, primary_key=True)  # a digest: no address is kept
    times = models.JSONField(default=list)  # Unix times, oldest first
    expires_at = models.DateTimeField(db_index=True)  # found by `clear_expired`

    class Meta:
        verbose_name_plural = "attempts"

    def __str__(self) -> str:
        return self.key


# The most seconds by which the clocks of two machines differ. A time further in the future comes
# from a clock that was set back since. Counting it would block people until that time.
CLOCK_SKEW = 5

# Locks existing rows and creates missing ones, in one statement: no deletion can come between.
UPSERT = """
    INSERT INTO accounts_attempts (key, times, expires_at) VALUES {}
    ON CONFLICT (key) DO UPDATE SET key = excluded.key
    RETURNING key, times, expires_at
"""
NEW_ROW = "(%s, '[]', '1970-01-01 00:00:00')"


class Limit:
    """Limits the attempts of `subject` in any period; `rate` is for example `10/min`.

    Rejected attempts are not counted, so a new attempt is possible when the oldest one is outside
    the period: nobody is locked out permanently. An empty rate means no limit.
    """

    def __init__(self, scope: str, subject: str, rate: str, factor: int = 1) -> None:
        self.key = salted_hmac("attempts", f"{scope} {subject}", algorithm="sha256").hexdigest()
        count, period = parse(rate)
        self.count, self.period = count * factor, period

    def attempt(self) -> None:
        """Count an attempt. Raises `Throttled`, which has the seconds to wait."""
        attempt(self)

    def count_in(self, row: Attempts, now: float) -> None:
        times = self.latest(row, now)
        if len(times) >= self.count:
            raise Throttled(wait=times[-self.count] + self.period - now)
        row.times = [*times, now]
        row.expires_at = max(row.expires_at, datetime.fromtimestamp(now + self.period, UTC))
        self.counted = now

    def latest(self, row: Attempts, now: float) -> list[float]:
        """The times in the row that are within the current period."""
        return sorted(at for at in row.times if now - self.period < at <= now + CLOCK_SKEW)

    def withdraw(self) -> None:
        """Remove the attempt that this object counted."""
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

    def mark_known(self, time: timedelta) -> None:
        """Store a row without attempts, so that `exists()` is true for this time."""
        if self.count:
            write([Attempts(key=self.key, times=[], expires_at=timezone.now() + time)])


def attempt(*limits: Limit) -> None:
    """Count an attempt for each limit. If one is reached, count none and raise `Throttled`."""
    limits = tuple(limit for limit in limits if limit.count)
    if not limits:
        return
    with transaction.atomic():
        rows = lock([limit.key for limit in limits])
        now = (
            timezone.now().timestamp()
        )  # under the locks: other requests may have counted while this one waited
        for limit in limits:
            limit.count_in(rows[limit.key], now)
        write(rows.values())


def lock(keys: list[str]) -> dict[str, Attempts]:
    """Locks the rows of the keys, in the order of the keys, so that calls never deadlock."""
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
    """Delete expired counts. Returns their number."""
    expired = Attempts.objects.filter(expires_at__lt=timezone.now()).order_by("key")
    deleted = 0
    while keys := list(expired.values_list("key", flat=True)[:1000]):
        with transaction.atomic():
            locked = Attempts.objects.filter(key__in=keys).order_by("key").select_for_update()
            over = [row.key for row in locked if row.expires_at < timezone.now()]
            deleted += Attempts.objects.filter(key__in=over).delete()[0]
    return deleted


class AnonymousThrottle(BaseThrottle):
    """Allows THROTTLE_ANON calls per address and view, for views without authentication."""

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
    """The address that sent a request. TRUSTED_PROXIES says how far to trust the header.

    For IPv6 it is the /64 network, because providers assign one to each customer.
    """
    text = (BaseThrottle().get_ident(request) or "") if request else ""
    with_port = re.fullmatch(r"\[(.+)\](?::\d+)?|([0-9.]+):\d+", text)
    try:
        address = ip_address((with_port[1] or with_port[2]) if with_port else text)
    except ValueError:
        return ""  # requests without a valid address share one count
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)
