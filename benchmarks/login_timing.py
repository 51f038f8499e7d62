"""Compares the login times of a known and an unknown address: `make login-timing`.

Sends wrong passwords for both in turn, through the whole stack in one process. Also compares the
known address with itself, to show the noise. Prints medians and differences in milliseconds.
"""

import logging
import os
import sys
import time
from pathlib import Path
from statistics import median, quantiles

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

ROUNDS = 400


def measure(client: APIClient, path: str, body: dict[str, str]) -> float:
    started = time.perf_counter()
    client.post(path, body)
    return (time.perf_counter() - started) * 1000


def compare(path: str, bodies: dict[str, dict[str, str]]) -> None:
    client = APIClient()
    times: dict[str, list[float]] = {name: [] for name in bodies}
    for n in range(ROUNDS):
        order = list(bodies) if n % 2 else list(reversed(bodies))  # alternate which is first
        for name in order:
            times[name].append(measure(client, path, bodies[name]))
    print(path)
    for name, values in times.items():
        low, _, high = quantiles(values, n=4)
        print(f"  {name:14} median {median(values):7.3f} ms, quartiles {low:7.3f} to {high:7.3f}")
    known = median(times["known"])
    print(f"  known minus unknown      {known - median(times['unknown']):+.3f} ms")
    print(f"  known minus known again  {known - median(times['known again']):+.3f} ms (the noise)")


def main() -> None:
    settings.THROTTLE_LOGIN = settings.THROTTLE_ANON = mails.MAILS_TO_ONE_ADDRESS = ""
    setup_test_environment()
    test_settings = connection.settings_dict["TEST"]
    test_settings["NAME"] = f"{test_settings['NAME'] or 'test_todo'}_login_timing"
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        User.objects.create_user("known@example.com", "correct horse battery")
        password = {"password": "wrong horse battery"}
        known, unknown = {"email": "known@example.com"}, {"email": "nobody@example.com"}
        compare(
            "/api/auth/login",
            {
                "known": known | password,
                "unknown": unknown | password,
                "known again": known | password,
            },
        )
        compare(
            "/api/auth/password/reset",
            {"known": known, "unknown": unknown, "known again": known},
        )
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        teardown_test_environment()


if __name__ == "__main__":
    main()
