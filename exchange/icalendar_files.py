"""Reads to-dos from an iCalendar file (RFC 5545)."""

from collections import Counter
from collections.abc import Iterator

from accounts.credentials import digest

from .drafts import MOST, Draft, File, unreadable
from .icalendar_lines import Line, kind_of, parse, unfold
from .todo_reader import TodoReader

UNNAMED = "icalendar-without-uid:"
LONGEST = 10_000  # lines of a component


def read_calendar(body: bytes) -> File:
    file, seen = File(), Counter[str]()
    if body.count(b"BEGIN:VTODO") > MOST * 2:  # more tasks or more warnings than a file may have
        raise unreadable(None, f"A file has at most {MOST:,} tasks and projects.")
    for lines in components(unfold(body), file):
        draft = read_todo(lines, file)
        if draft is None:
            continue
        seen[draft.key] += 1
        if draft.key.startswith(UNNAMED):
            draft.key += f":{seen[draft.key]}"
        elif seen[draft.key] > 1:
            file.warn(draft.line, "An earlier to-do has this UID.")
            continue
        file.add(file.tasks, draft)
    adopt(file, {*seen})
    return file


def components(lines: Iterator[Line], file: File) -> Iterator[list[Line]]:
    """The lines of each to-do. Other components are not carried over."""
    last = next(lines, None)
    if last is None or bound_of(last) != "BEGIN:VCALENDAR":
        raise unreadable(1, "Must be BEGIN:VCALENDAR.")
    opened = list[Line]()  # the lines of the component that is open
    for last in lines:
        if opened or (last.name == "BEGIN" and kind_of(last) != "VCALENDAR"):
            opened.append(last)
        if len(opened) > LONGEST:
            raise unreadable(opened[0].number, "This component is too long.")
        if opened and bound_of(last) == f"END:{kind_of(opened[0])}":
            yield from todo_or_warning(opened, file)
            opened = []
    if bound_of(last) != "END:VCALENDAR":
        raise unreadable(last.number, "Must be END:VCALENDAR: the file is cut off.")
    if opened:
        raise unreadable(opened[0].number, "This component has no end.")


def bound_of(line: Line) -> str:
    return f"{line.name}:{kind_of(line)}" if line.name in ("BEGIN", "END") else ""


def todo_or_warning(lines: list[Line], file: File) -> Iterator[list[Line]]:
    kind = kind_of(lines[0])
    if kind == "VTODO":
        yield lines
    elif kind != "VTIMEZONE":
        file.warn(lines[0].number, f"A {kind} is not carried over.")


def read_todo(lines: list[Line], file: File) -> Draft | None:
    todo, numbers = parse(lines, file)
    if "RECURRENCE-ID" in numbers:
        file.warn(numbers["RECURRENCE-ID"], "A change of one occurrence is not carried over.")
        return None
    reader = TodoReader(todo, numbers, file, lines[0].number)
    uid = str(todo.get("UID", ""))
    key = f"icalendar:{uid}" if uid else UNNAMED + digest(repr([line.text for line in lines]))
    draft = Draft(key, reader.data(), lines[0].number, kept=reader.kept())
    draft.rule_day = reader.rule_day(draft.data.get("repeat"))
    reader.warn_of_others()
    return draft


def adopt(file: File, keys: set[str]) -> None:
    """Leaves out parents that the file does not have."""
    known = {*keys, None}
    for draft in file.tasks:
        if draft.data.get("parent") not in known:
            file.warn(draft.line, "The parent is not in the file.")
            del draft.data["parent"]
