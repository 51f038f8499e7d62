"""Django's DATABASES from the environment, with safe connection options."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from psycopg import IsolationLevel, ProgrammingError
from psycopg.conninfo import make_conninfo

from todo_project.environment import BASE_DIR, INVALID_URL, own_folder, refuse, text

POSTGRES = ("postgres://", "postgresql://")

# When a server stops responding, for example after a network failure, the operating system closes
# the connection.
NETWORK_TIMEOUTS: dict[str, Any] = {
    "connect_timeout": 5,  # seconds
    "tcp_user_timeout": 20_000,  # milliseconds, for sent data that is not acknowledged
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
# PostgreSQL's limits for requests. A migration has no limit for a statement, but the same limit for
# a lock: while it waits for a table, every other query of that table waits behind it.
STATEMENT_TIMEOUT, LOCK_TIMEOUT = "-c statement_timeout=15s", "-c lock_timeout=5s"
# For tables that are mostly in memory. With the defaults, for hard disks, PostgreSQL sorts the
# tasks of most owners and does not read a page in the order of an index. It also plans each list
# again, which takes nearly as long as the query.
PAGE_COSTS = "-c seq_page_cost=0.1 -c random_page_cost=0.1"


def databases(var_dir: Path) -> dict[str, dict[str, Any]]:
    """Django's DATABASES from the environment. The default is an SQLite database in `var_dir`."""
    name = "DATABASE_URL" if text("DATABASE_URL") else "NEON_DB_URL"
    url, direct_url = text(name), text("DATABASE_DIRECT_URL")
    if url.startswith(POSTGRES):
        return server_databases(name, url, direct_url)
    if direct_url:
        refuse("DATABASE_DIRECT_URL", "needs a postgres:// URL in DATABASE_URL")
    if not url:
        return {"default": embedded_database("VAR_DIR", var_dir / "todo.sqlite3")}
    path = re.fullmatch("sqlite:///([^?#]+)", url)
    if not path or path[1] == ":memory:":
        refuse(name, "must be a postgres:// URL, or sqlite:/// and the path of a file")
    return {"default": embedded_database(name, BASE_DIR / unquote(path[1]))}


def embedded_database(name: str, file: Path) -> dict[str, Any]:
    """The SQLite database in `file`. Error messages name the variable `name`."""
    own_folder(name, file.parent)
    if file.exists() and not (file.is_file() and os.access(file, os.R_OK | os.W_OK)):
        refuse(name, f"is {file}, which this process cannot read and write")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        # Tests use a file, as in production: an in-memory database has no WAL and no locks.
        "TEST": {"NAME": file.with_name(f"test_{file.name}")},
        # When the last connection closes, SQLite removes the WAL. If the disk is full or
        # read-only, the next connection could not create it and could not read.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            # A transaction that starts with a read cannot wait for the write lock later.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
        },
    }


def server_databases(name: str, url: str, direct_url: str) -> dict[str, dict[str, Any]]:
    """`default` at `url`; `direct`, for migrations, at `direct_url` or else at `url`.

    A transaction pooler, such as PgBouncer or Neon's, refuses `options`, and state that lasts
    longer than a transaction leaks to other clients. The code assumes a pooler if the host
    contains `-pooler`, as Neon's do, or if there is a direct URL that bypasses one.
    """
    default = parse(name, url)
    direct = parse("DATABASE_DIRECT_URL", direct_url) if direct_url else parse(name, url)
    pooled = direct_url or "-pooler" in default["HOST"]
    if pooled:
        default["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        add_options(default, STATEMENT_TIMEOUT, LOCK_TIMEOUT, PAGE_COSTS)
        # Repeated statements are prepared: planning takes half the time of a short one.
        default["OPTIONS"].update(server_side_binding=True, prepare_threshold=2)
    if direct_url or not pooled:
        # The role may have its own timeout, meant for requests through a pooler.
        add_options(direct, "-c statement_timeout=0", LOCK_TIMEOUT)
    return {"default": default, "direct": {**direct, "TEST": {"MIRROR": "default"}}}


def parse(name: str, url: str) -> dict[str, Any]:
    """Django's settings from a URL. Its query, such as `sslmode=require`, goes to libpq."""
    if not url.startswith(POSTGRES):
        refuse(name, "must be a postgres:// URL")
    try:
        database: dict[str, Any] = environ.Env.db_url_config(url)
        make_conninfo(**database.setdefault("OPTIONS", {}))
    except ValueError:
        refuse(name, INVALID_URL)
    except ProgrammingError:
        refuse(name, "has an option that libpq does not know")
    if "@" in database["NAME"]:  # a password with a `/` in it
        refuse(name, INVALID_URL)
    if not database["NAME"]:
        refuse(name, "has no database name")
    database.update(
        ENGINE="todo_project.server.postgresql", CONN_MAX_AGE=600, CONN_HEALTH_CHECKS=True
    )
    # A request that waited for a lock must see the changes of the transaction that held it. The
    # server may have another default.
    isolation = {"isolation_level": IsolationLevel.READ_COMMITTED}
    database["OPTIONS"] = {**NETWORK_TIMEOUTS, **isolation, **database["OPTIONS"]}
    return database


def add_options(database: dict[str, Any], *options: str) -> None:
    """Adds options before those of the URL, so that the operator's options win."""
    given = database["OPTIONS"].get("options", "")
    database["OPTIONS"]["options"] = " ".join([*options, given]).strip()
