"""Names and rules of time zones come from one source, and removed names can still be read."""

import os
import shutil
import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime
from importlib import resources

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import User
from accounts.zones import time_zones

PACKAGE = resources.files("tzdata") / "zoneinfo"


def test_every_name_that_is_allowed_has_rules():
    for name in time_zones():
        assert zoneinfo.ZoneInfo.no_cache(name).key == name


def test_rules_are_as_recent_as_names(alice):
    """Vancouver has permanent summer time since 2026. Older systems do not have this rule."""
    alice.timezone = "America/Vancouver"

    assert alice.local_time(datetime(2026, 12, 1, 20, tzinfo=UTC)).hour == 13


def test_the_system_rules_are_not_used(tmp_path):
    (tmp_path / "Europe").mkdir()
    shutil.copy(str(PACKAGE / "Asia" / "Tokyo"), tmp_path / "Europe" / "Berlin")
    code = (
        "from datetime import UTC, datetime; from accounts.models import User;"
        "print(User(timezone='Europe/Berlin').local_time(datetime(2026, 6, 1, 12, tzinfo=UTC)))"
    )

    result = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", code],
        cwd=settings.BASE_DIR,
        env={**os.environ, "PYTHONTZPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert result.stdout == "2026-06-01 14:00:00+02:00\n", result.stderr


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("US/Pacific-New", "America/Los_Angeles"),
        ("Canada/East-Saskatchewan", "America/Regina"),
        ("Mars/Olympus_Mons", "UTC"),
        ("Factory", "UTC"),
        ("../UTC", "UTC"),
        ("", "UTC"),
    ],
)
def test_a_removed_name_becomes_its_successor_or_utc(client, alice, stored, read):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET timezone = %s", [stored])
    client.force_login(alice)

    assert client.get("/api/auth/me").json()["timezone"] == read
    assert client.get("/api/tasks?due=today").status_code == 200
    assert client.get("/api/tasks/summary").status_code == 200
    assert client.get("/api/auth/me", headers={"accept": "text/html"}).status_code == 200
    assert User.objects.values_list("timezone", flat=True).get() == read
