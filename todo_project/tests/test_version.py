"""The version is defined once, in `todo_project.__version__`."""

import re
import subprocess
import sys

from django.conf import settings

from todo_project import __version__


def test_the_command_prints_it():
    command = [sys.executable, "manage.py", "version"]

    result = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)

    assert result.stdout == f"{__version__}\n"


def test_the_schema_has_it(client):
    assert client.get("/openapi.json").json()["info"]["version"] == __version__


def test_the_changelog_starts_with_it():
    changelog = (settings.BASE_DIR / "CHANGELOG.md").read_text()

    released = re.findall(r"^## (\S+) - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)

    assert released[0] == __version__
