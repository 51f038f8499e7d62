"""Reads to-dos from an iCalendar file (RFC 5545).

Each component is parsed by itself. So a wrong one can be named by its line, and the time zones
that a file defines stay out of the cache that `icalendar` shares between all files.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Todo

from tasks.tags import unite

from .drafts import MOST, Draft, File, unreadable
from .models import digest
from .rules import read_rule

# Of no use to a task, or the same for every one.
SILENT = {"DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "CLASS", "X-APPLE-SORT-ORDER"}
CARRIED = {
    "UID", "SUMMARY", "DESCRIPTION", "DUE", "DTSTART", "PRIORITY", "STATUS", "COMPLETED",
    "PERCENT-COMPLETE", "CATEGORIES", "RELATED-TO", "RRULE", "CREATED",
}  # fmt: skip
# Evolution writes a path before the name of a zone.
VENDOR = re.compile(r"(?<=;TZID=)/[^:;/]+(?:/[^:;/]+)*/(?=[A-Za-z]+/[A-Za-z_-]+[:;])")
UNNAMED = "icalendar-without-uid:"
LONGEST = 10_000  # lines of a component


class Line(NamedTuple):
    number: int
    text: str  # with its continuations

    @property
    def name(self) -> str:
        return re.split("[;:]", self.text, maxsplit=1)[0].strip().upper()


def read_calendar(body: bytes) -> File:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(body[: error.start].count(b"\n") + 1, "Is not UTF-8.") from None
    file, seen = File(), Counter[str]()
    for lines in components(unfold(text), file):
        draft = read_todo(lines, file)
        if draft is None:
            continue
        seen[draft.key] += 1
        if draft.key.startswith(UNNAMED):
            draft.key += f":{seen[draft.key]}"
        elif seen[draft.key] > 1:
            file.warn(draft.line, "An earlier to-do has this UID.")
            continue
        if len(file.tasks) == MOST:
            raise unreadable(lines[0].number, f"A file has at most {MOST:,} to-dos.")
        file.tasks.append(draft)
    adopt(file, {*seen})
    return file


def unfold(text: str) -> list[Line]:
    lines: list[tuple[int, list[str]]] = []
    for number, line in enumerate(re.split("\r\n|\r|\n", text), 1):
        if lines and line[:1] in (" ", "\t"):
            lines[-1][1].append(line[1:])
        elif line.strip():
            lines.append((number, [line]))
    return [Line(number, "".join(parts)) for number, parts in lines]


def components(lines: list[Line], file: File) -> Iterator[list[Line]]:
    """The lines of each to-do. Other components are not carried over."""
    bounds = [line.text.strip().upper() for line in lines]
    if not bounds or bounds[0] != "BEGIN:VCALENDAR":
        raise unreadable(1, "Must be BEGIN:VCALENDAR.")
    if bounds[-1] != "END:VCALENDAR":
        raise unreadable(lines[-1].number, "Must be END:VCALENDAR: the file is cut off.")
    open_at: int | None = None
    for place, bound in enumerate(bounds):
        kind = bound.removeprefix("BEGIN:")
        if open_at is None and bound.startswith("BEGIN:") and kind != "VCALENDAR":
            open_at, end = place, f"END:{kind}"
        elif open_at is not None and bound == end:
            yield from todo_or_warning(lines[open_at : place + 1], file)
            open_at = None
        if open_at is not None and place - open_at > LONGEST:
            raise unreadable(lines[open_at].number, "This component is too long.")
    if open_at is not None:
        raise unreadable(lines[open_at].number, "This component has no end.")


def todo_or_warning(lines: list[Line], file: File) -> Iterator[list[Line]]:
    kind = lines[0].text.partition(":")[2].strip().upper()
    if kind == "VTODO":
        yield lines
    elif kind != "VTIMEZONE":
        file.warn(lines[0].number, f"A {kind[:50]} is not carried over.")


def read_todo(lines: list[Line], file: File) -> Draft | None:
    todo, numbers = parse(lines, file)
    if "RECURRENCE-ID" in todo:
        file.warn(numbers["RECURRENCE-ID"], "A change of one occurrence is not carried over.")
        return None
    reader = TodoReader(todo, numbers, file)
    uid = str(todo.get("UID", ""))
    key = f"icalendar:{uid}" if uid else UNNAMED + digest(repr([line.text for line in lines]))
    draft = Draft(key, reader.data(), lines[0].number, kept=reader.kept())
    reader.warn_of_others()
    return draft


def parse(lines: list[Line], file: File) -> tuple[Any, dict[str, int]]:
    """The to-do without what is inside of it and without wrong lines, and its lines' numbers."""
    inner, kept, numbers = 0, [], dict[str, int]()
    for line in lines[1:-1]:
        if line.name == "BEGIN":
            if not inner:
                kind = line.text.partition(":")[2].strip()
                file.warn(line.number, f"A {kind[:50]} is not carried over.")
            inner += 1
        elif line.name == "END":
            inner -= 1
        elif not inner:
            kept.append(line)
            numbers.setdefault(line.name, line.number)
    try:
        return build(kept), numbers
    except ValueError:
        good = [line for line in kept if is_readable(line, file)]
        return build(good), numbers


def build(lines: list[Line]) -> Any:
    texts = [VENDOR.sub("", line.text) for line in lines]
    return Todo.from_ical("\r\n".join(["BEGIN:VTODO", *texts, "END:VTODO", ""]))


def is_readable(line: Line, file: File) -> bool:
    try:
        build([line])
    except ValueError as error:
        file.warn(line.number, f"This line is left out: {str(error)[:200]}")
        return False
    return True


class TodoReader:
    """The properties of a to-do as members of a task."""

    def __init__(self, todo: Any, numbers: dict[str, int], file: File) -> None:
        self.todo, self.numbers, self.file = todo, numbers, file

    def warn(self, name: str, message: str) -> None:
        self.file.warn(self.numbers.get(name), message)

    def get(self, name: str) -> Any:
        """The first value of a property. Only the others of CATEGORIES and RELATED-TO count."""
        value = self.todo.get(name)
        if isinstance(value, list):
            self.warn(name, f"{name} is given more than once: only the first is carried over.")
            return value[0]
        return value

    def text(self, name: str) -> str:
        value = self.get(name)
        return "" if value is None else str(value)

    def data(self) -> dict[str, Any]:
        data = {
            "title": " ".join(self.text("SUMMARY").split()),
            "description": self.text("DESCRIPTION"),
            "priority": self.priority(),
            "tags": self.tags(),
            "completed": self.is_completed(),
            **self.due(),
        }
        if "RRULE" in self.todo and "due_date" in data:
            data["repeat"] = self.rule()
        if parent := self.parent():
            data["parent"] = parent
        return data

    def kept(self) -> dict[str, Any]:
        created, completed = self.instant("CREATED"), self.instant("COMPLETED")
        kept = {"created_at": created} if created else {}
        if completed and self.is_completed():
            kept["completed_at"] = completed
        return kept

    def instant(self, name: str) -> datetime | None:
        value = getattr(self.get(name), "dt", None)
        if not isinstance(value, datetime):
            return None
        return value if value.tzinfo else value.replace(tzinfo=UTC)

    def priority(self) -> str | None:
        number = self.get("PRIORITY") or 0
        if 1 <= number <= 4:
            return "high"
        if number == 5:
            return "medium"
        return "low" if 6 <= number <= 9 else None

    def tags(self) -> list[str]:
        value = self.todo.get("CATEGORIES", [])
        lists = value if isinstance(value, list) else [value]
        names = [str(name).strip() for each in lists for name in each.cats]
        return unite(name for name in names if name)

    def is_completed(self) -> bool:
        return (
            self.text("STATUS").upper() in ("COMPLETED", "CANCELLED")
            or "COMPLETED" in self.todo
            or self.todo.get("PERCENT-COMPLETE") == 100
        )

    def due(self) -> dict[str, Any]:
        name = "DUE" if "DUE" in self.todo else "DTSTART"
        if name == "DTSTART" and "RRULE" not in self.todo:
            if "DTSTART" in self.todo:
                self.warn("DTSTART", "A start without DUE is not carried over.")
            return {}
        value = self.get(name)
        due = getattr(value, "dt", None)
        if isinstance(due, datetime):
            return self.due_at(name, due, value.params.get("TZID", ""))
        return {"due_date": due.isoformat()} if isinstance(due, date) else {}

    def due_at(self, name: str, due: datetime, zone: str) -> dict[str, str]:
        """An instant, or a date and a time on the owner's clock if the value has no zone."""
        if due.tzinfo is None and zone:
            due = due.replace(tzinfo=find_zone(zone))
            if due.tzinfo is None:
                self.warn(name, f"The time zone {zone[:100]!r} is unknown: yours is used.")
        if due.tzinfo:
            return {"due_date": due.replace(microsecond=0).isoformat()}
        return {"due_date": due.date().isoformat(), "due_time": due.time().isoformat("seconds")}

    def rule(self) -> str:
        due: Any = self.todo.get("DUE") or self.todo["DTSTART"]
        zone = getattr(getattr(due, "dt", None), "tzinfo", None) or UTC
        return read_rule(self.get("RRULE").to_ical().decode(), zone)

    def parent(self) -> str | None:
        value = self.todo.get("RELATED-TO", [])
        for each in value if isinstance(value, list) else [value]:
            if each.params.get("RELTYPE", "PARENT").upper() == "PARENT":
                return f"icalendar:{each}"
            self.warn("RELATED-TO", "A relation other than to a parent is not carried over.")
        return None

    def warn_of_others(self) -> None:
        for name in self.todo.keys() - CARRIED - SILENT:
            self.warn(name, f"{name[:100]} is not carried over.")
        if 0 < self.todo.get("PERCENT-COMPLETE", 0) < 100:
            self.warn("PERCENT-COMPLETE", "A part of completion is not carried over.")
        status = self.text("STATUS").upper()
        if status not in ("", "NEEDS-ACTION", "COMPLETED"):
            state = "completed" if status == "CANCELLED" else "open"
            self.warn("STATUS", f"The status {status[:50]} is imported as {state}.")


def find_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


def adopt(file: File, keys: set[str]) -> None:
    """Leaves out parents that the file does not have."""
    known = {*keys, None}
    for draft in file.tasks:
        if draft.data.get("parent") not in known:
            file.warn(draft.line, "The parent is not in the file.")
            del draft.data["parent"]
