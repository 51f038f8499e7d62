"""Machines that start together, each with `serve --migrate`."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from .conftest import fresh_database

pytestmark = pytest.mark.skipif(
    settings.EMBEDDED_DATABASE, reason="an embedded database has one machine"
)


def test_migrations_are_applied_once_and_everybody_waits_for_them(copy_project, tmp_path):
    project = copy_project(tmp_path)
    with fresh_database() as database:
        started = [migrate(project, database) for _ in range(4)]
        outputs = [process.communicate(timeout=120)[0] for process in started]

    assert [process.returncode for process in started] == [0] * 4, outputs
    assert sum("Applying tasks.0001_initial... OK" in output for output in outputs) == 1
    assert sum("No migrations to apply." in output for output in outputs) == 3


def migrate(project, database):
    return subprocess.Popen(
        [sys.executable, "manage.py", "migrate"],
        cwd=project,
        env={"PATH": os.environ["PATH"], **database},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
