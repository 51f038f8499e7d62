"""PostgreSQL and PgBouncer."""

import glob
import signal
from pathlib import Path
from typing import Any

import psycopg

from .component import Component, substitute
from .stage import Stage, must

# Unusual defaults: the code must not depend on the usual ones.
DEFAULTS = {
    "DateStyle": "German, DMY",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Asia/Tokyo",
    "standard_conforming_strings": "off",
    "default_transaction_isolation": "serializable",
}


class Postgres(Component):
    """A separate cluster with default durability, set up by deploy/postgres.sh."""

    user = "postgres"
    data: Path | None = None  # another place for the data, such as a small disk

    def __init__(self, stage: Stage, data: Path | None = None) -> None:
        self.data = data
        super().__init__(stage)
        self.start()
        self.set_up()

    def set_up(self) -> None:
        script = self.folder / "postgres.sh"
        substitute("postgres.sh", script, {})
        place = ["PGHOST=127.0.0.1", f"PGPORT={self.port}", "POSTGRES_USER=postgres"]
        self.run("env", *place, "DATABASE_PASSWORD=pass'word", "sh", script)
        with self.connect() as connection:
            role = connection.execute(
                "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls,"
                " rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'todo'"
            ).fetchone()
        must(role == (False, True), "the API's role has too many rights or no password")

    def prepare(self) -> None:
        self.binaries = Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])
        self.data = self.data or self.folder / "data"
        # The write-ahead log is not on the data's disk. If it has no space, PostgreSQL stops
        # completely, which is another fault than a full data disk.
        places = [f"--pgdata={self.data}", f"--waldir={self.folder / 'wal'}"]
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C"]
        self.run(self.binaries / "initdb", *places, *options)

    def command(self) -> list[str]:
        options = {
            "unix_socket_directories": self.folder,
            "max_wal_size": "256MB",
            **DEFAULTS,
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        place = ["-D", str(self.data), "-h", "127.0.0.1", "-p", str(self.port)]
        return [str(self.binaries / "postgres"), *place, *settings]

    def is_ready(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, number: int = signal.SIGINT) -> None:
        """Fast shutdown, like `pg_ctl stop`: ends sessions and rolls back their transactions."""
        super().stop(number)

    def connect(self, name: str = "todo") -> psycopg.Connection[Any]:
        """A connection of a superuser."""
        url = f"postgres://postgres@127.0.0.1:{self.port}/{name}"
        return psycopg.connect(url, autocommit=True, connect_timeout=2)

    def url(self) -> str:
        """The URL for the API."""
        return f"postgres://todo@127.0.0.1:{self.port}/todo"

    def end_connections(self) -> int:
        """Ends all connections, waits at most 5 seconds for each, and gives their number."""
        with self.connect("postgres") as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = 'todo'"
            )
            return len(ended.fetchall())


class PgBouncer(Component):
    """PgBouncer with deploy/pgbouncer.ini."""

    user = "postgres"  # it refuses to run as root

    def __init__(self, stage: Stage, postgres: Postgres) -> None:
        self.postgres = postgres
        super().__init__(stage)
        self.start()

    def prepare(self) -> None:
        (self.folder / "users").write_text('"todo" ""\n')
        replaced = {
            "host=127.0.0.1 port=5432": f"host=127.0.0.1 port={self.postgres.port}",
            "listen_port = 6432": f"listen_port = {self.port}",
            "/etc/pgbouncer/userlist.txt": f"{self.folder}/users",
            "auth_type = scram-sha-256": "auth_type = trust",
        }
        substitute("pgbouncer.ini", self.folder / "pgbouncer.ini", replaced)

    def command(self) -> list[str]:
        return ["pgbouncer", "pgbouncer.ini"]

    def url(self) -> str:
        return f"postgres://todo@127.0.0.1:{self.port}/todo"
