"""Backup under write load and restore elsewhere, with the commands of docs/operation.md.

The restored database has every write that was acknowledged before the backup began, and passes its
integrity checks. A server on it accepts the old password and the old token.
"""

import os
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .client import Client, log_in, sign_up
from .component import ROOT
from .components import Server
from .databases import Postgres
from .integrity import check_postgres, check_sqlite
from .ledger import all_tasks, compare
from .load import Load
from .stage import Stage, must

BOB = "bob@example.com"


def run(short: bool) -> str:
    large = 200 if short else 4000  # tasks of 10 kB, so that a backup takes a while
    return f"{of_sqlite(large)}; {of_postgres(large)}"


def of_sqlite(large: int) -> str:
    with Stage() as stage:
        source, target = Server(stage), Server(stage)
        copy = Copy(source, large, "sqlite3")
        source.stop()
        target.start()  # creates a database, as a new installation does
        target.stop()
        shutil.move(source.folder / "backup.sqlite3", target.folder)
        shell(copy.restore, target.folder)
        check_sqlite(target.database)
        return f"SQLite: {copy.compare(target)}"


def of_postgres(large: int) -> str:
    with Stage() as stage:
        old, new = Postgres(stage), Postgres(stage)
        source = Server(stage, DATABASE_URL=old.url())
        copy = Copy(source, large, "pg_dump", DATABASE_DIRECT_URL=old.url())
        source.stop()
        shell(copy.restore, source.folder, DATABASE_DIRECT_URL=new.url())
        check_postgres(new)
        return f"PostgreSQL: {copy.compare(Server(stage, DATABASE_URL=new.url()))}"


class Copy:
    """A backup with the commands that start with `tool`, and its expected content.

    One user's tasks are all created before the backup. Another user's tasks are written during it.
    """

    def __init__(self, source: Server, large: int, tool: str, **environment: str) -> None:
        back_up, self.restore = documented(tool)
        source.start()
        self.token = sign_up(source.port)
        make_large(source.port, self.token, large)
        self.large = large
        with Load(source.port, self.token, name="before") as self.before:
            time.sleep(1)
        busy = sign_up(source.port, email=BOB)
        with Load(source.port, busy, name="during") as self.during:
            time.sleep(1)
            self.known = {pk for worker in self.during.workers for pk in set(worker.titles)}
            started = time.monotonic()
            shell(back_up, source.folder, **environment)
            self.seconds = time.monotonic() - started
        self.before.only()
        self.during.only()

    def compare(self, target: Server) -> str:
        target.start()
        must(Client(target.port, self.token).call("GET", "/api/tasks").succeeded, "the old token")
        log_in(target.port)
        kept = compare(target.port, self.token, [self.before], besides="large")
        made = self.large + sum(len(worker.titles) for worker in self.before.workers)
        must(kept == made, f"{kept} tasks of {made}")
        bobs = dict(all_tasks(Client(target.port, log_in(target.port, email=BOB)["access"])))
        deleted = {pk for worker in self.during.workers for pk in worker.deleted}
        missing = self.known - deleted - set(bobs)
        must(not missing, f"{len(missing)} tasks from before the backup are missing")
        target.stop()
        writes = self.during.acknowledged()
        return (
            f"{kept + len(bobs)} tasks restored, 0 missing; backup of {self.seconds:.1f} s"
            f" among {writes} writes"
        )


def documented(tool: str) -> tuple[str, str]:
    """The commands for a backup and for a restore."""
    text = (ROOT / "docs" / "operation.md").read_text()
    blocks = re.findall(
        f"```sh\n(set -eu; umask[^`]*?^{tool} [^`]*)```", text, re.DOTALL | re.MULTILINE
    )
    must(len(blocks) == 1, f"docs/operation.md has {len(blocks)} backups by {tool}")
    back_up, restore = re.split("# restore.*\n", blocks[0])
    return back_up, f"set -eu\n{restore}"


def shell(commands: str, folder: Path, **environment: str) -> None:
    variables = {"PATH": os.environ["PATH"], **environment}
    result = subprocess.run(
        ["bash", "-c", commands],
        cwd=folder, env=variables, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    must(result.returncode == 0, f"{commands!r}: {result.stderr}")


def make_large(port: int, token: str, number: int) -> None:
    def make(part: int) -> None:
        client = Client(port, token)
        for _ in range(number // 8):
            body = {"title": "large", "description": "large " * 1600}
            must(client.call("POST", "/api/tasks", body).status == 201, "a large task")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(8)))
