"""The data of the benchmarks: a database that `manage.py seed` fills, and tokens.

The database is created on the server at POSTGRES_URL and dropped at the end.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
SERVER = os.environ.get("POSTGRES_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
JWT_KEY = "benchmark-only-0123456789-0123456789-0123456789-0123456789"

# The peer has the same tasks with the same ids, in the same order in its table.
FILL_PEER = """
    INSERT INTO peer_user (id, email) SELECT id, email FROM accounts_user ORDER BY id;
    INSERT INTO peer_task (id, user_id, title, description, completed, priority, due_date,
                           created_at, updated_at)
        SELECT id, owner_id, title, description, completed_at IS NOT NULL, priority, due_date,
               created_at, updated_at
        FROM tasks_task ORDER BY id
"""
# Restores a table to its state before the writes. New ids continue after the old ones.
KEEP = "CREATE UNLOGGED TABLE kept_{0} AS TABLE {0}"
RESTORE = [
    "TRUNCATE {0} CASCADE",  # completions refer to tasks, and the seed has none
    "INSERT INTO {0} SELECT * FROM kept_{0} ORDER BY id",
    "SELECT setval(pg_get_serial_sequence('{0}', 'id'), max(id)) FROM {0}",
    "VACUUM ANALYZE {0}",
]


def on_server(statement: Any) -> Any:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


class Database:
    # Kept open, because the servers under load may use all other connections.
    connection: psycopg.Connection[Any]

    def __init__(self, name: str) -> None:
        self.name = name
        self.url = urlsplit(SERVER)._replace(path=f"/{name}").geturl()
        # The whole environment of the project's processes.
        self.environment = {
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            "DATABASE_URL": self.url,
            "SECRET_KEY": JWT_KEY[::-1],
            "JWT_SIGNING_KEY": JWT_KEY,
            "ACCESS_TOKEN_MINUTES": "1440",
        }

    def execute(self, *statements: Any) -> None:
        """Runs each statement outside a transaction, as VACUUM requires."""
        for statement in statements:
            self.connection.execute(statement)

    def run(self, *arguments: object) -> None:
        """Runs a Python script in the project's environment."""
        command = [sys.executable, *map(str, arguments)]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True)

    def seed(self, users: int, tasks: int) -> None:
        self.run("manage.py", "seed", "--users", users, "--tasks", tasks, "--no-password")

    def fill_peer(self) -> None:
        self.execute(FILL_PEER)
        for table in ("tasks_task", "peer_task"):
            self.execute(KEEP.format(table))
            self.restore(table)

    def restore(self, table: str) -> None:
        self.execute(*(statement.format(table) for statement in RESTORE))


@contextmanager
def fresh_database(name: str = "todo_bench") -> Iterator[Database]:
    """A migrated, empty database. It is dropped even if the run gets a signal."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    database = Database(f"{name}_{os.getpid()}")
    on_server(f"CREATE DATABASE {database.name}")
    try:
        database.run("manage.py", "migrate", "--verbosity", 0)
        with psycopg.connect(database.url, autocommit=True) as database.connection:
            yield database
    finally:
        on_server(f"DROP DATABASE {database.name} WITH (FORCE)")
