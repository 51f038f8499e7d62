"""Reads a project that Todoist has exported as CSV."""

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from tasks.tags import unite

from .drafts import Draft, File, unreadable
from .limits import LONGEST_DESCRIPTION, fit
from .texts import decode, find_zone, split_lines

COLUMNS = 50  # more than any version of Todoist writes
LINES = 250_000  # a row of a task or a comment has more than 20 bytes
ROWS = 50_000  # with the comments of 10,000 tasks
LONGEST_LINE = 2_000_000  # bytes
DELIMITERS = 100_000  # in a row, also in its texts
PRIORITIES = {"1": "high", "2": "medium", "3": "low", "4": None, "": None}
LABEL = re.compile(r"(?:^|(?<=\s))@([^\s@,]+)\s*")
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?", re.ASCII)
CARRIED = {
    "TYPE", "CONTENT", "DESCRIPTION", "PRIORITY", "INDENT", "DATE", "DATE_LANG", "TIMEZONE",
    "IS_COLLAPSED", "DEADLINE_LANG",
    "AUTHOR",  # the owner of the account
}  # fmt: skip

Row = dict[str, str]


def read_csv(body: bytes) -> File:
    reader = Reader(sha256(body).hexdigest())
    for line, row in rows(body):
        reader.read(line, row)
    reader.finish()
    return reader.file


def rows(body: bytes) -> Iterator[tuple[int, Row]]:
    """The rows by the names of their columns, and the line that each begins in."""
    head = next(split_lines(body))[1]
    delimiter = ";" if head.count(b";") > head.count(b",") else ","
    lines = Lines(body, delimiter)
    table, names = csv.reader(lines, delimiter=delimiter, strict=True), None
    line, count = 1, 0
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
            count += 1
            if count > ROWS:
                raise unreadable(line, f"A file has at most {ROWS:,} rows.")
            yield line, {"TYPE": "", "CONTENT": "", **dict(zip(names, values, strict=False))}
        line = table.line_num + 1
        lines.begin_row(line)
    if names is None:
        raise unreadable(1, "Must name the columns, TYPE and CONTENT among them.")


class Lines:
    """The lines of a file. What would take long to parse, or much memory, is refused before."""

    def __init__(self, body: bytes, delimiter: str) -> None:
        self.lines, self.delimiter = enumerate(split_lines(body), 1), delimiter
        self.begin_row(1)

    def begin_row(self, line: int) -> None:
        self.line, self.count = line, 0
        if line > LINES:
            raise unreadable(line, f"A file has at most {LINES:,} lines.")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, match = next(self.lines)
        if match.end() - match.start() > LONGEST_LINE:
            raise unreadable(self.line, "Is too long.")
        line = decode(match[0], number)
        self.count += line.count(self.delimiter)
        if self.count > DELIMITERS:
            raise unreadable(self.line, f"Has more than {COLUMNS} columns.")
        return line


class Reader:
    def __init__(self, origin: str) -> None:
        # The tasks of a file have no ids. Their keys are those of this file only: an edited file
        # is another one, and the projects of two files never share a task.
        self.origin = f"todoist:{origin}"
        self.file = File()
        self.section: Draft | None = None
        self.sections: dict[str, Draft] = {}
        self.branch: list[Draft] = []  # the last task and those above it
        self.texts: list[str] = []  # the description and the comments of the last task
        self.room = 0  # the number of characters that its description can still have

    def read(self, line: int, row: Row) -> None:
        kind = row["TYPE"].strip().lower()
        if kind == "section":
            self.read_section(line, row)
        elif kind == "task":
            self.read_task(line, row)
        elif kind == "note":
            self.read_note(line, row)
        elif kind not in ("", "meta"):
            self.file.warn(line, f"A {kind[:50]} is not carried over.")

    def read_section(self, line: int, row: Row) -> None:
        """A section becomes a project, and sections with one name become one."""
        self.finish()
        name, self.branch, self.section = row["CONTENT"].strip(), [], None
        if not name:
            return
        if name not in self.sections:
            draft = Draft(f"{self.origin}:section:{name}", {"name": name}, line)
            self.file.add(self.file.projects, draft)
            self.sections[name] = draft
        self.section = self.sections[name]

    def read_task(self, line: int, row: Row) -> None:
        self.finish()
        text = row["CONTENT"].strip()
        tags = unite(LABEL.findall(text))
        data: dict[str, Any] = {
            "title": LABEL.sub("", text).strip() if tags else text,
            "tags": tags,
            "priority": self.priority(line, row),
            **self.due(line, row),
        }
        if self.section:
            data["project"] = self.section.key
        del self.branch[self.indent(line, row) - 1 :]
        if self.branch:
            data["parent"] = self.branch[-1].key
        draft = Draft(f"{self.origin}:task:{line}", data, line)
        self.branch.append(draft)
        self.texts, self.room = [], LONGEST_DESCRIPTION
        self.add_text(row.get("DESCRIPTION", ""))
        self.file.add(self.file.tasks, draft)
        self.warn_of_others(line, row)

    def finish(self) -> None:
        """Called after the comments of a task."""
        if self.branch:
            task = self.branch[-1]
            task.data["description"] = "\n\n".join(self.texts)
            fit(task.data, self.file, task.line)

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
        return self.instant(line, day, clock, row) or {"due_date": day, "due_time": clock}

    def instant(self, line: int, day: str, clock: str, row: Row) -> dict[str, str] | None:
        """A due date on the clock of the row's time zone; None without one."""
        name = row.get("TIMEZONE", "").strip()
        zone = find_zone(name) if name else None
        if name and zone is None:
            self.file.warn(line, f"The time zone {name[:100]!r} is unknown: yours is used.")
        if zone is None:
            return None
        try:
            due = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)
            return {"due_date": due.isoformat()}
        except (ValueError, OverflowError):
            return None

    def read_note(self, line: int, row: Row) -> None:
        """A comment is added to the description of its task."""
        if not self.branch:
            self.file.warn(line, "A comment without a task is not carried over.")
            return
        if self.room < 0:
            self.file.warn(line, "This comment is left out: the description is full.")
        else:
            self.add_text(row["CONTENT"].strip())
        self.warn_of_others(line, row)

    def add_text(self, text: str) -> None:
        if text:
            self.texts.append(text)
            self.room -= len(text)

    def warn_of_others(self, line: int, row: Row) -> None:
        for name in sorted(row.keys() - CARRIED):
            value = row[name].strip()
            if value and (name, value) != ("DURATION_UNIT", "None"):
                self.file.warn(line, f"{name or 'A column'} is not carried over: {value[:100]}")
