"""Where the database is, and how to be safe with it."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from psycopg import IsolationLevel, ProgrammingError
from psycopg.conninfo import make_conninfo

from todo_project.environment import BASE_DIR, NO_ADDRESS, own_folder, refuse, text

POSTGRES = ("postgres://", "postgresql://")

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


def databases(var_dir: Path) -> dict[str, dict[str, Any]]:
    """Django's DATABASES, as the environment says; by default an SQLite database in `var_dir`."""
    name = "DATABASE_URL" if text("DATABASE_URL") else "NEON_DB_URL"
    url, direct_url = text(name), text("DATABASE_DIRECT_URL")
    if url.startswith(POSTGRES):
        return server_databases(name, url, direct_url)
    if direct_url:
        refuse("DATABASE_DIRECT_URL", "needs a postgres:// address in DATABASE_URL")
    if not url:
        return {"default": embedded_database("VAR_DIR", var_dir / "todo.sqlite3")}
    path = re.fullmatch("sqlite:///([^?#]+)", url)
    if not path or path[1] == ":memory:":
        refuse(name, "must be a postgres:// address, or sqlite:/// and the path of a file")
    return {"default": embedded_database(name, BASE_DIR / unquote(path[1]))}


def embedded_database(name: str, file: Path) -> dict[str, Any]:
    """The SQLite database that the variable `name` leads to."""
    own_folder(name, file.parent)
    if file.exists() and not (file.is_file() and os.access(file, os.R_OK | os.W_OK)):
        refuse(name, f"names {file}, which this process cannot read and write")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        # A file, as in production: the in-memory database knows neither WAL nor locks.
        "TEST": {"NAME": file.with_name(f"test_{file.name}")},
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


def server_databases(name: str, url: str, direct_url: str) -> dict[str, dict[str, Any]]:
    """`default` at `url`; `direct`, for migrations, at `direct_url` or there.

    A pooler that lends a connection for one transaction at a time, such as PgBouncer or Neon's,
    refuses `options` and mixes up whatever lasts longer than a transaction: it is there when the
    host says `-pooler`, as Neon's do, or when there is a direct address to go round it.
    """
    default = parse(name, url)
    direct = parse("DATABASE_DIRECT_URL", direct_url) if direct_url else parse(name, url)
    pooled = direct_url or "-pooler" in default["HOST"]
    if pooled:
        default["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        add_options(default, STATEMENT_TIMEOUT, LOCK_TIMEOUT)
        # Statements are prepared when they come again: planning takes half of a short one.
        default["OPTIONS"].update(server_side_binding=True, prepare_threshold=2)
    if direct_url or not pooled:
        # The role may have a timeout of its own, for what comes through a pooler.
        add_options(direct, "-c statement_timeout=0", LOCK_TIMEOUT)
    return {"default": default, "direct": {**direct, "TEST": {"MIRROR": "default"}}}


def parse(name: str, url: str) -> dict[str, Any]:
    """The address's parts; its query, such as `sslmode=require`, goes to libpq as it is."""
    if not url.startswith(POSTGRES):
        refuse(name, "must be a postgres:// address")
    try:
        database: dict[str, Any] = environ.Env.db_url_config(url)
        make_conninfo(**database.setdefault("OPTIONS", {}))
    except ValueError:
        refuse(name, NO_ADDRESS)
    except ProgrammingError:
        refuse(name, "has an option that libpq does not know")
    if "@" in database["NAME"]:  # a password with a `/` in it
        refuse(name, NO_ADDRESS)
    if not database["NAME"]:
        refuse(name, "names no database")
    database.update(
        ENGINE="todo_project.server.postgresql", CONN_MAX_AGE=600, CONN_HEALTH_CHECKS=True
    )
    # A request that waited for a lock must see what was stored until then, whatever the server's
    # default is.
    isolation = {"isolation_level": IsolationLevel.READ_COMMITTED}
    database["OPTIONS"] = {**PATIENCE, **isolation, **database["OPTIONS"]}
    return database


def add_options(database: dict[str, Any], *options: str) -> None:
    """Before those of the address, so that an operator's own have the last word."""
    given = database["OPTIONS"].get("options", "")
    database["OPTIONS"]["options"] = " ".join([*options, given]).strip()
