"""Where the database is, and how to be safe with it."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

# A server that falls silent, as a machine does that is cut off, is given up by the client's system.
PATIENCE: dict[str, Any] = {
    "connect_timeout": 5,  # seconds
    "tcp_user_timeout": 20_000,  # milliseconds, for what is sent and not acknowledged
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
# Bounds for what a client waits for, in PostgreSQL's own terms. A migration may take its time, but
# not queue for a table and make everybody else queue behind it.
STATEMENT_TIMEOUT, LOCK_TIMEOUT = "-c statement_timeout=15s", "-c lock_timeout=5s"


def embedded_database(folder: Path) -> dict[str, Any]:
    """The SQLite database in `folder`, which is made if there is none."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": folder / "todo.sqlite3",
        # A file, as in production: the in-memory database knows neither WAL nor locks.
        "TEST": {"NAME": folder / "test.sqlite3"},
        # The last connection to close removes the WAL, and on a disk that is full or read-only
        # the next would have nothing to read by.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            # A transaction that begins by reading cannot wait for a lock when it comes to write.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
        },
    }


def server_databases(url: str, direct_url: str) -> dict[str, dict[str, Any]]:
    """Django's DATABASES: `default` at `url`; `direct`, for migrations, at `direct_url` or there.

    A pooler that lends a connection for one transaction at a time, such as PgBouncer or Neon's,
    refuses `options` and mixes up whatever lasts longer than a transaction: it is there when the
    host says `-pooler`, as Neon's do, or when there is a direct address to go round it.
    """
    default, direct = parse(url), parse(direct_url or url)
    pooled = direct_url or "-pooler" in (urlsplit(url).hostname or "")
    if pooled:
        default["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        add_options(default, STATEMENT_TIMEOUT, LOCK_TIMEOUT)
        # Statements are prepared when they come again: planning takes half of a short one.
        default["OPTIONS"].update(server_side_binding=True, prepare_threshold=2)
    if direct_url or not pooled:
        add_options(direct, LOCK_TIMEOUT)
    return {"default": default, "direct": {**direct, "TEST": {"MIRROR": "default"}}}


def parse(url: str) -> dict[str, Any]:
    """The address's parts; its query, such as `sslmode=require`, goes to libpq as it is."""
    if not url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured("DATABASE_URL must be a postgres:// address.")
    try:
        database: dict[str, Any] = environ.Env.db_url_config(url)
    except ValueError:
        raise ImproperlyConfigured(
            "DATABASE_URL is no address: write what is special in its password as %XX."
        ) from None
    database.update(ENGINE="todo_project.postgresql", CONN_MAX_AGE=600, CONN_HEALTH_CHECKS=True)
    database["OPTIONS"] = {**PATIENCE, **database.get("OPTIONS", {})}
    return database


def add_options(database: dict[str, Any], *options: str) -> None:
    """Before those of the address, so that an operator's own have the last word."""
    given = database["OPTIONS"].get("options", "")
    database["OPTIONS"]["options"] = " ".join([*options, given]).strip()
