"""Files that are made to harm: each is refused within a second and 50 MiB, and stores nothing.

A real server is measured: the processor time of a request (the best of three; see `reference.py`),
and its peak memory beyond what it used after importing small files.
"""

import gzip
import os
import random
from collections.abc import Iterator

from .client import Client, sign_up
from .components import Server
from .databases import Postgres
from .hostile_files import (
    BEGIN,
    CALENDAR,
    CALENDARS,
    CSV,
    DOCUMENTS,
    END,
    END_TODO,
    JSON,
    SIZE,
    TABLE,
    TABLES,
    TODO,
    TODOS,
    Files,
    document,
    fill,
)  # fmt: skip
from .processes import members
from .reference import second
from .stage import Stage, must

SECONDS, GROWTH = 1, 50  # of an idle processor, and MiB
TRIES = 3
LARGEST_ANSWER = 10_000  # bytes
TICKS = os.sysconf("SC_CLK_TCK")
SMALL = {JSON: document(0), CSV: TABLE + b"task,x\n", CALENDAR: BEGIN + TODO + END_TODO + END}
# Files that are no JSON, CSV or calendar at all.
OTHERS: Files = {
    "line ends": lambda: fill(b"", b"\n"),
    "other line ends": lambda: fill(b"", b"\r"),
    "NUL bytes": lambda: fill(b"", b"\0"),
    "UTF-16": lambda: ("BEGIN:VCALENDAR\r\n" * 150_000).encode("utf-16"),
    "gzip": lambda: gzip.compress(b"TYPE,CONTENT\n" + b"task,x\n" * 10_000_000),
    "random bytes": lambda: random.Random(1).randbytes(SIZE),
    "one line": lambda: fill(b"", b"x"),
    "entities": lambda: fill(b'<!DOCTYPE x [<!ENTITY a "b">]>', b"&a;"),
    "a wrong byte at the end": lambda: fill(b"", b"x\n", b"\xff"),
}


def run(short: bool) -> str:
    with Stage() as stage:
        # The C library returns large blocks at once, so none stays for the file after it.
        own = {"WORKERS": "1", "MALLOC_MMAP_THRESHOLD_": str(2**17)}
        server = Server(stage, DATABASE_URL=Postgres(stage).url(), **own)
        server.start()
        client = Client(server.port, sign_up(server.port))
        for kind, body in [*SMALL.items()] * 3:
            call = client.call("POST", "/api/import", body, Content_Type=kind)
            must(call.status == 201, f"a small file was not imported: {call.content!r}")
        meter = Meter(server)
        faults = [meter.send(client, *one) for one in kinds()]
        export = client.call("GET", "/api/export").json()
    must(not any(faults), "; ".join(filter(None, faults)))
    must(len(export["tasks"]) == len(SMALL) and not export["projects"], "something was stored")
    figures = " and ".join(f"{most:.2f} {unit} ({name})" for most, unit, name in meter.most())
    return f"{len(faults)} files refused; the most that one took: {figures}"


def kinds() -> Iterator[tuple[str, str, bytes]]:
    """The name, the media type and the content of each file."""
    for kind, files in ((JSON, DOCUMENTS), (CSV, TABLES), (CALENDAR, CALENDARS)):
        for name, make in {**files, **OTHERS}.items():
            yield name, kind, make()
    for name, make in TODOS.items():
        yield name, CALENDAR, make() + b"\n" + END_TODO  # the to-do is read; the file is cut off


class Meter:
    """Measures the processes of a server, and keeps the most that a file took."""

    def __init__(self, server: Server) -> None:
        self.processes = members(server)  # the worker, and the one that watches it
        self.before = self.peak()
        self.slowest, self.largest = (0.0, "s", ""), (0.0, "MiB", "")

    def send(self, client: Client, name: str, kind: str, body: bytes) -> str:
        """What is wrong with the answers to a file, if anything."""
        seconds: list[float] = []
        for own in self.processes:
            (own / "clear_refs").write_text("5")  # the peak begins again
        while len(seconds) < TRIES and min(seconds, default=SECONDS) >= SECONDS:
            started = self.seconds()
            call = client.call("POST", "/api/import", body, Content_Type=kind)
            seconds.append((self.seconds() - started) / second())
        growth = self.peak() - self.before
        self.slowest = max(self.slowest, (min(seconds), "s", name))
        self.largest = max(self.largest, (growth, "MiB", name))
        refused = call.status == 400 and len(call.content) < LARGEST_ANSWER
        if refused and min(seconds) < SECONDS and growth < GROWTH:
            return ""
        figures = f"{min(seconds):.2f} s, {growth:.0f} MiB, {len(call.content)} bytes"
        return f"{kind}, {name}: {call.status}, {figures} {call.error}"

    def most(self) -> list[tuple[float, str, str]]:
        return [self.slowest, self.largest]

    def seconds(self) -> float:
        """Of the processor, so far."""
        stats = [(own / "stat").read_text().rpartition(")")[2].split() for own in self.processes]
        return sum(int(fields[11]) + int(fields[12]) for fields in stats) / TICKS

    def peak(self) -> float:
        """The most memory since `clear_refs`, in MiB."""
        texts = [(own / "status").read_text() for own in self.processes]
        return sum(int(text.partition("VmHWM:")[2].split()[0]) for text in texts) / 1024
