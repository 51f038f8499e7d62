"""Reads a project that Todoist has exported as CSV."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tasks.tags import unite

from .drafts import MOST, Draft, File, unreadable
from .models import digest

COLUMNS = 50  # more than any version of Todoist writes
PRIORITIES = {"1": "high", "2": "medium", "3": "low", "4": None, "": None}
LABEL = re.compile(r"(?:^|(?<=\s))@([^\s@,]+)\s*")
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?", re.ASCII)
CARRIED = {
    "TYPE", "CONTENT", "DESCRIPTION", "PRIORITY", "INDENT", "DATE", "DATE_LANG", "TIMEZONE",
    "IS_COLLAPSED",
}  # fmt: skip
KEY = {"title", "description", "project", "parent"}  # the members that tell tasks apart
AUTHOR = "AUTHOR"  # the owner of the account

Row = dict[str, str]


def read_csv(body: bytes) -> File:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(body[: error.start].count(b"\n") + 1, "Is not UTF-8.") from None
    reader = Reader()
    for line, row in rows(text):
        reader.read(line, row)
    return reader.file


def rows(text: str) -> Iterator[tuple[int, Row]]:
    """The rows by the names of their columns, and the line that each begins in."""
    head = text.partition("\n")[0].partition("\r")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    table, names, line = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), None, 1
    while True:
        try:
            values = next(table, None)
        except csv.Error as error:
            raise unreadable(line, f"Is not CSV: {error}.") from None
        if values is None:
            break
        if len(values) > COLUMNS:
            raise unreadable(line, f"Has more than {COLUMNS} columns.")
        if names is None:
            names = [value.strip().upper() for value in values]
            if not {"TYPE", "CONTENT"} <= {*names}:
                raise unreadable(1, "Must name the columns, TYPE and CONTENT among them.")
        elif any(values):
            padded = [*values, *[""] * len(names)]
            yield line, dict(zip(names, padded, strict=False))
        line = table.line_num + 1
    if names is None:
        raise unreadable(1, "Must name the columns, TYPE and CONTENT among them.")


class Reader:
    def __init__(self) -> None:
        self.file = File()
        self.section: Draft | None = None
        self.branch: list[Draft] = []  # the last task and those above it
        self.seen: Counter[str] = Counter()

    def read(self, line: int, row: Row) -> None:
        kind = row["TYPE"].strip().lower()
        if len(self.file.tasks) > MOST:
            raise unreadable(line, f"A file has at most {MOST:,} tasks.")
        if kind == "section":
            self.read_section(line, row)
        elif kind == "task":
            self.read_task(line, row)
        elif kind == "note":
            self.read_note(line, row)
        elif kind not in ("", "meta"):
            self.file.warn(line, f"A {kind[:50]} is not carried over.")

    def read_section(self, line: int, row: Row) -> None:
        """A section becomes a project."""
        name, self.branch = row["CONTENT"].strip(), []
        self.section = Draft(f"todoist:section:{name}", {"name": name}, line) if name else None
        if self.section and self.section.key not in {one.key for one in self.file.projects}:
            self.file.projects.append(self.section)

    def read_task(self, line: int, row: Row) -> None:
        text = row["CONTENT"].strip()
        tags = unite(LABEL.findall(text))
        data: dict[str, Any] = {
            "title": LABEL.sub("", text).strip() if tags else text,
            "description": row.get("DESCRIPTION", ""),
            "tags": tags,
            "priority": self.priority(line, row),
            **self.due(line, row),
        }
        if self.section:
            data["project"] = self.section.key
        del self.branch[self.indent(line, row) - 1 :]
        if self.branch:
            data["parent"] = self.branch[-1].key
        draft = Draft(self.key(data), data, line)
        self.branch.append(draft)
        self.file.tasks.append(draft)
        self.warn_of_others(line, row)

    def key(self, data: dict[str, Any]) -> str:
        """Tasks have no id in the file. Equal tasks are numbered."""
        text = digest(repr([data[name] for name in sorted(data.keys() & KEY)]))
        self.seen[text] += 1
        return f"todoist:task:{text}:{self.seen[text]}"

    def priority(self, line: int, row: Row) -> str | None:
        text = row.get("PRIORITY", "").strip()
        if text not in PRIORITIES:
            self.file.warn(line, f"The priority {text[:50]!r} is left out.")
        return PRIORITIES.get(text)

    def indent(self, line: int, row: Row) -> int:
        text = row.get("INDENT", "").strip()
        level = int(text) if re.fullmatch(r"[1-9]\d?", text, re.ASCII) else 1
        if level > len(self.branch) + 1:
            self.file.warn(line, "Is indented by more than one level below the task before it.")
        return min(level, len(self.branch) + 1)

    def due(self, line: int, row: Row) -> dict[str, str]:
        text = row.get("DATE", "").strip()
        match = DAY.fullmatch(text)
        if text and not match:
            self.file.warn(line, f"The date {text[:100]!r} is left out: it is in words.")
        if not match:
            return {}
        day, clock = match.groups()
        if clock is None:
            return {"due_date": day}
        return self.instant(day, clock, row) or {"due_date": day, "due_time": clock}

    def instant(self, day: str, clock: str, row: Row) -> dict[str, str] | None:
        """A due date on the clock of the row's time zone; None without one."""
        try:
            zone = ZoneInfo(row.get("TIMEZONE", "").strip())
            due = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)
            return {"due_date": due.isoformat()}
        except (ValueError, OSError, KeyError, OverflowError):
            return None

    def read_note(self, line: int, row: Row) -> None:
        """A comment is added to the description of its task."""
        if not self.branch:
            self.file.warn(line, "A comment without a task is not carried over.")
            return
        task, note = self.branch[-1], row["CONTENT"].strip()
        parts = [task.data["description"], note]
        task.data["description"] = "\n\n".join(part for part in parts if part)

    def warn_of_others(self, line: int, row: Row) -> None:
        for name in row.keys() - CARRIED - {AUTHOR}:
            if value := row[name].strip():
                self.file.warn(line, f"{name or 'A column'} is not carried over: {value[:100]}")
