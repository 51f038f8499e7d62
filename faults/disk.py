"""The disk is full, or the database is read-only: SQLite and PostgreSQL.

Reads succeed. Writes are a 503 or 507 problem document, and no write is stored in part. When there
is space again, or the database accepts writes, everything works again without a restart. For
SQLite, a simulated disk error makes Linux remount the disk read-only. Then the disk must be mounted
again and the server restarted. (A disk in use cannot be remounted read-only by hand.)
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from .client import sign_up
from .components import Server
from .databases import Postgres
from .integrity import check_postgres, check_sqlite
from .ledger import compare
from .load import Load
from .stage import Stage, eventually, must, run_as_root

REFUSED = (503, 507)
RETURN = 2.0  # seconds after the end of the trouble; from then on, all calls must succeed
MEBIBYTES = {"SQLite": 8, "PostgreSQL": 128}

Trouble = Callable[[], AbstractContextManager[None]]


def run(short: bool) -> str:
    seconds = 2.0 if short else 10.0
    return f"{on_sqlite(seconds)}; {on_postgres(seconds)}"


def on_sqlite(seconds: float) -> str:
    with Stage() as stage:
        server = Server(stage)
        disk = stage.small_disk(server.folder / "var", MEBIBYTES["SQLite"])
        server.start()
        figures = [endure(server, "full", lambda: full(disk), seconds)]
        server.stop()
        check_sqlite(server.database)
        server = Server(stage)
        disk = stage.small_disk(server.folder / "var", MEBIBYTES["SQLite"], "ext4")
        server.start()
        figures.append(fail(server, disk, seconds))
        check_sqlite(server.database)
    return f"SQLite: {', '.join(figures)}"


def on_postgres(seconds: float) -> str:
    with Stage() as stage:
        # Only the data are on the small disk (see `Postgres.prepare`).
        disk = stage.small_disk(stage.folder / "small", MEBIBYTES["PostgreSQL"])
        disk.chmod(0o777)
        postgres = Postgres(stage, disk / "data")
        server = Server(stage, DATABASE_URL=postgres.url())
        server.start()
        figures = [
            endure(server, "full", lambda: full(disk), seconds),
            endure(server, "read-only", lambda: read_only(postgres), seconds),
        ]
        check_postgres(postgres)
    return f"PostgreSQL: {', '.join(figures)}"


def endure(server: Server, name: str, trouble: Trouble, seconds: float) -> str:
    """Runs load during the trouble and after it."""
    token, before = begin(server, name)
    with ExitStack() as trouble_stays:
        trouble_stays.enter_context(trouble())  # before the load, so no write is in doubt
        with Load(server.port, token, name=name, reads=0.5, doubt=()) as load:
            wait_for_refusals(load, seconds)
            trouble_stays.close()
            end = time.monotonic()
            time.sleep(RETURN + 1)
    late = [call for call in load.calls if call.at > end + RETURN and not call.succeeded]
    must(not late, f"{name}: {len(late)} refusals after the end of the trouble")
    compare(server.port, token, [before, load])
    return judge(load, name)


def fail(server: Server, disk: Path, seconds: float) -> str:
    """Simulates a disk error, after which Linux makes the disk read-only while it is in use."""
    token, before = begin(server, "read-only")
    run_as_root("mount", "-o", "remount,abort", str(disk))
    with Load(server.port, token, name="read-only", reads=0.5, doubt=()) as load:
        wait_for_refusals(load, seconds)
    server.stop()
    run_as_root("umount", str(disk))
    run_as_root("mount", "-o", "loop", str(disk.with_suffix(".image")), str(disk))
    server.start()
    compare(server.port, token, [before, load])
    with Load(server.port, token, name="after") as after:
        time.sleep(1)
    after.only()
    server.stop()
    return judge(load, "read-only")


def begin(server: Server, name: str) -> tuple[str, Load]:
    """A token, and the load of a second before the trouble."""
    token = sign_up(server.port, email=f"{name}@example.com")
    with Load(server.port, token, name="before", reads=0.5) as before:
        time.sleep(1)
    before.only()
    return token, before


def wait_for_refusals(load: Load, seconds: float) -> None:
    eventually(lambda: load.refused() > 10, 60, f"{load.name}: refusal of writes")
    time.sleep(seconds)


def judge(load: Load, name: str) -> str:
    load.only(*REFUSED)
    reads = [call.succeeded for call in load.calls if call.method == "GET"]
    must(all(reads), f"{name}: {reads.count(False)} of {len(reads)} reads were refused")
    return f"{name}: {load.refused()} writes refused and not stored, {len(reads)} reads answered"


@contextmanager
def full(disk: Path) -> Iterator[None]:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            fill(file.fileno(), bytes(size))
    yield
    ballast.unlink()


def fill(descriptor: int, block: bytes) -> None:
    while True:
        try:
            os.write(descriptor, block)
        except OSError:
            return


@contextmanager
def read_only(postgres: Postgres) -> Iterator[None]:
    set_default(postgres, "on")
    postgres.end_connections()
    yield
    set_default(postgres, "off")


def set_default(postgres: Postgres, value: str) -> None:
    with postgres.connect("postgres") as connection:
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        connection.execute("SELECT pg_reload_conf()")
