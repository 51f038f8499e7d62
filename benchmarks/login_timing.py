"""Compares times that must not tell what exists: `make login-timing`.

Signs in with a known and an unknown e-mail address, and reads calendars at addresses that have
ended and that never were. The requests take turns, through the whole stack in one process. The last
of each are those of the first, to show the noise. Prints medians in milliseconds, and ratios.
"""

import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from secrets import token_urlsafe
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "todo_project.settings")

import django

django.setup()
logging.getLogger("todo_project").setLevel(logging.ERROR)

from django.conf import settings
from django.db import connection
from django.test.utils import setup_test_environment, teardown_test_environment
from rest_framework.test import APIClient

from accounts import mails
from accounts.models import User
from exchange.models import CalendarFeed

ROUNDS = 400
FEED_ROUNDS = 1_000  # these take less than a millisecond


def measure(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def compare(title: str, rounds: int, calls: dict[str, Callable[[], Any]]) -> None:
    times: dict[str, list[float]] = {name: [] for name in calls}
    for n in range(rounds):
        order = list(calls) if n % 2 else list(reversed(calls))  # alternate which is first
        for name in order:
            times[name].append(measure(calls[name]))
    print(f"{title}, {connection.vendor}")
    first = median(next(iter(times.values())))
    for name, values in times.items():
        low, middle, high = quantiles(values, n=4)
        print(f"  {name:14} median {middle:7.3f} ms, quartiles {low:7.3f} to {high:7.3f}", end="")
        print(f", {middle - first:+.3f} ms, ratio {middle / first:.3f}")


def compare_accounts(path: str, body: dict[str, str]) -> None:
    client = APIClient()
    known, unknown = {"email": "known@example.com"}, {"email": "nobody@example.com"}
    calls = {"known": known, "unknown": unknown, "known again": known}
    compare(path, ROUNDS, {name: post(client, path, one | body) for name, one in calls.items()})


def post(client: APIClient, path: str, body: dict[str, str]) -> Callable[[], Any]:
    return lambda: client.post(path, body)


def compare_feeds() -> None:
    """All these secrets are answered with a 404."""
    client = APIClient()
    user, closed = (User.objects.create_user(f"{n}@example.com") for n in range(2))
    ended, of_closed = CalendarFeed.replace(user.pk), CalendarFeed.replace(closed.pk)
    CalendarFeed.objects.filter(owner=user).delete()
    User.objects.filter(pk=closed.pk).update(is_active=False)

    def read(secret: str) -> None:
        response = client.get(f"/calendar/{secret}.ics")
        assert response.status_code == 404, response

    calls = {
        "ended": lambda: read(ended),
        "wrong": lambda: read(token_urlsafe(32)),
        "closed account": lambda: read(of_closed),
        "ended again": lambda: read(ended),
    }
    compare("GET /calendar/SECRET.ics", FEED_ROUNDS, calls)


def main() -> None:
    settings.THROTTLE_LOGIN = settings.THROTTLE_ANON = mails.MAILS_TO_ONE_ADDRESS = ""
    setup_test_environment()
    test_settings = connection.settings_dict["TEST"]
    test_settings["NAME"] = f"{test_settings['NAME'] or 'test_todo'}_login_timing"
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        User.objects.create_user("known@example.com", "correct horse battery")
        compare_accounts("/api/auth/login", {"password": "wrong horse battery"})
        compare_accounts("/api/auth/password/reset", {})
        compare_feeds()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        teardown_test_environment()


if __name__ == "__main__":
    main()
