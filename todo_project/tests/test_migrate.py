"""Machines that start at the same time, each with `serve --migrate`."""

import os
import subprocess
import sys

import psycopg
import pytest
from django.conf import settings

from .conftest import fresh_database

pytestmark = pytest.mark.skipif(settings.EMBEDDED_DATABASE, reason="needs a database server")


CONCURRENT = """
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("tasks", "0001_initial")]
    operations = [
        migrations.RunSQL("SELECT pg_sleep(2)"),
        AddIndexConcurrently("task", models.Index(fields=["priority"], name="task_by_priority")),
    ]
"""


def test_migrations_are_applied_once_and_all_servers_wait(copy_project, tmp_path):
    """Also a long migration, and one that waits for all open transactions."""
    project = copy_project(tmp_path)
    (project / "tasks" / "migrations" / "0002_concurrent.py").write_text(CONCURRENT)
    with fresh_database() as database:
        give_up_idle_transactions(database["DATABASE_URL"])
        started = [migrate(project, database) for _ in range(4)]
        outputs = [process.communicate(timeout=120)[0] for process in started]

    assert [process.returncode for process in started] == [0] * 4, outputs
    for name in ("0001_initial", "0002_concurrent"):
        assert sum(f"Applying tasks.{name}... OK" in output for output in outputs) == 1
    assert sum("No migrations to apply." in output for output in outputs) == 3


def give_up_idle_transactions(url):
    """A provider may set this timeout."""
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '1s'")


def migrate(project, database):
    return subprocess.Popen(
        [sys.executable, "manage.py", "migrate"],
        cwd=project,
        env={"PATH": os.environ["PATH"], **database},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
