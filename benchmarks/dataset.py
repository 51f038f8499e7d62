"""The data of the benchmarks: a database that `manage.py seed` fills, and tokens.

The database is created on the server at POSTGRES_URL and dropped at the end.
"""

import os
import signal
import subprocess
import sys
import time
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
# The clients of each kind, by the order of their users' ids.
USERS, TASKS = 1100, 100
CROWDS = {"usual": slice(1000), "large": slice(1000, 1050), "tagged": slice(1050, 1100)}
CROWD = "owner_id IN (SELECT id FROM accounts_user ORDER BY id LIMIT 50 OFFSET {})"
# Ten tasks of each user repeat, none of them above or below another one. The large users get five
# times as many tasks, and all tasks of the tagged users get the same tags.
CHANGES = [
    """
    UPDATE tasks_task SET repeat = 'FREQ=DAILY', due_date = coalesce(due_date, current_date)
    FROM (SELECT id AS found, row_number() OVER (PARTITION BY owner_id ORDER BY id DESC) AS number
          FROM tasks_task WHERE completed_at IS NULL AND parent_id IS NULL) AS latest
    WHERE id = found AND number <= 10
    """,
    """
    INSERT INTO tasks_task ({columns}) SELECT {columns} FROM tasks_task, generate_series(1, 4)
    WHERE {large}
    """,
    """
    UPDATE tasks_task SET (tags, tag_keys) = ('{{home,work,phone}}', '{{home,work,phone}}')
    WHERE {tagged}
    """,
]
# The columns of a task except its id.
COLUMNS = """
    SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
    WHERE table_name = 'tasks_task' AND column_name <> 'id'
"""
# Restores a table to its state before the writes. New ids continue after the old ones.
KEEP = "CREATE UNLOGGED TABLE kept_{0} AS TABLE {0}"
RESTORE = [
    "TRUNCATE {0} CASCADE",  # completions refer to tasks, and the seed has none
    "INSERT INTO {0} SELECT * FROM kept_{0} ORDER BY id",
    "SELECT setval(pg_get_serial_sequence('{0}', 'id'), max(id)) FROM {0}",
    "VACUUM ANALYZE {0}",
]
# So that what clients know is up to date again.
RESTORE_REVISIONS = [
    """
    UPDATE accounts_user SET revision = kept.revision FROM kept_accounts_user AS kept
    WHERE kept.id = accounts_user.id AND kept.revision <> accounts_user.revision
    """,
    "VACUUM ANALYZE accounts_user",
]
# Sessions that have done something in the last moment. Each request has a query.
BUSY = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'
        AND (state = 'active' OR state_change > clock_timestamp() - interval '0.2 s')
"""


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
        self.peer_url = self.url.replace("postgres://", "postgresql://", 1)
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

    def prepare(self, known: Path) -> None:
        """Fills the project's tables, and a file for the clients."""
        self.seed(USERS, TASKS)
        [[columns]] = self.connection.execute(COLUMNS).fetchall()
        crowds = {name: CROWD.format(part.start) for name, part in CROWDS.items()}
        self.execute(*(change.format(columns=columns, **crowds) for change in CHANGES))
        self.run("benchmarks/tokens.py", known, USERS)

    def prepare_peer(self, peer: Path) -> None:
        """Fills the peer's tables, and keeps copies of all for `restore()`."""
        # Otherwise the peer's workers would all try to create the tables.
        environment = {"DATABASE_URL": self.peer_url, "JWT_SECRET": "unused"}
        command, folder = [str(peer), "-c", "import main"], ROOT / "benchmarks" / "peer"
        subprocess.run(command, cwd=folder, env=environment, check=True)
        tables = ["accounts_user", "tasks_task", "peer_task"]
        self.execute(FILL_PEER, *map(KEEP.format, tables))
        self.restore()

    def restore(self) -> None:
        self.wait_until_idle()
        for table in ("tasks_task", "peer_task"):
            self.execute(*(statement.format(table) for statement in RESTORE))
        self.restore_revisions()

    def wait_until_idle(self) -> None:
        """Waits until the servers have processed the requests that wrk no longer waits for."""
        while self.connection.execute(BUSY).fetchone() != (0,):
            time.sleep(0.1)

    def restore_revisions(self) -> None:
        self.execute(*RESTORE_REVISIONS)


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
