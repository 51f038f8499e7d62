"""The lines of an iCalendar file, and the to-do that some of them are.

Each component is parsed by itself. So a wrong one can be named by its line, and the time zones
that a file defines stay out of the cache that `icalendar` shares between all files. Only the
properties that a task can have are parsed, as parsing a line takes as long as storing a task.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from io import StringIO
from typing import Any, NamedTuple

from icalendar import Todo, vCategory, vRecur

from tasks.tags import MOST as MOST_TAGS

from .drafts import File, unreadable
from .texts import LONGEST, cut, decode, find_zone, split_lines

# Of no use to a task, or the same for every one.
SILENT = {
    "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "CLASS", "X-APPLE-SORT-ORDER",
    "RECURRENCE-ID",  # its to-do is left out
}  # fmt: skip
MOST_FILE_LINES = 250_000
MOST_LINES = {"CATEGORIES": 20, "RELATED-TO": 20}  # of a to-do; of other properties one
# What `icalendar` makes of the properties. A line may ask for another type with VALUE.
TYPES: dict[str, Any] = {
    **dict.fromkeys(("UID", "SUMMARY", "DESCRIPTION", "STATUS", "RELATED-TO"), str),
    **dict.fromkeys(("DUE", "DTSTART"), date),
    **dict.fromkeys(("CREATED", "COMPLETED"), datetime),
    **dict.fromkeys(("PRIORITY", "PERCENT-COMPLETE"), int),
    "CATEGORIES": vCategory,
    "RRULE": vRecur,
}
TEXTS = ("SUMMARY", "DESCRIPTION")
# `icalendar` takes seconds for a file of long lists. A rule, a date or 20 tags are shorter. More
# names than a task can have are read, as some may be left out or be the same.
LONGEST_VALUE, MOST_CATEGORIES = 5_000, 2 * MOST_TAGS  # characters of a line; names of a to-do
NAME = re.compile("[^;:]*")
# What a task can need. `icalendar` takes seconds for a line with a million parameters.
PARAMETERS = {"VALUE", "TZID", "RELTYPE"}
LONGEST_PARAMETER = 200  # characters
PARAMETER = re.compile(r';([^=;:"]*+)=((?:"[^"]*+"|[^";:])*+)')
# Evolution and Lightning write a path before the name of a zone. `icalendar` would guess it, too,
# but it remembers each path.
VENDOR = re.compile(r"(?<=;TZID=)/([^:;]+)(?=[:;])")


class Line(NamedTuple):
    number: int
    text: str  # with its continuations
    name: str


def unfold(body: bytes) -> Iterator[Line]:
    number, parts = 1, StringIO()
    for count, match in enumerate(split_lines(body), 1):
        if count > MOST_FILE_LINES:
            raise unreadable(count, f"A file has at most {MOST_FILE_LINES:,} lines.")
        line = decode(cut(match), count)
        if line[:1] in (" ", "\t") and parts.tell():
            if parts.tell() < LONGEST:
                parts.write(line[1:])
        elif line.strip():
            yield from as_line(number, parts.getvalue())
            number, parts = count, StringIO()
            parts.write(line)
    yield from as_line(number, parts.getvalue())


def as_line(number: int, text: str) -> Iterator[Line]:
    name = NAME.match(text)
    if text and name:
        yield Line(number, text, name[0].strip().upper())


def parse(lines: list[Line], file: File) -> tuple[Any, dict[str, int]]:
    """The to-do with the properties that a task can have, and the numbers of their lines."""
    kept, numbers = list[Line](), dict[str, int]()
    for line in outermost(lines[1:-1], file):
        if line.name in TYPES:
            kept.append(line._replace(text=without_parameters(line)))
        elif line.name not in SILENT and line.name not in numbers:
            file.warn(line.number, f"{line.name[:100]} is not carried over.")
        numbers.setdefault(line.name, line.number)
    kept = [*shorten(first_ones(kept, file), file)]
    try:
        todo = build(kept)
    except Exception:  # of whatever type: see `is_readable`
        todo = None
    if todo is None or not all(map(has_type, todo.keys(), todo.values())):
        todo = build([line for line in kept if is_readable(line, file)])
    return todo, numbers


def without_parameters(line: Line) -> str:
    """The line without the parameters that no task needs. One that is not read stays wrong."""
    text, name = line.text, NAME.match(line.text)
    end, kept = name.end() if name else 0, dict[str, str]()
    head = text[:end]
    # A long text stays a text: with VALUE it could be a list.
    wanted = PARAMETERS if len(text) <= LONGEST_VALUE else PARAMETERS - {"VALUE"}
    while match := PARAMETER.match(text, end):
        if match[1].upper() in wanted and len(match[0]) <= LONGEST_PARAMETER:
            kept.setdefault(match[1].upper(), match[0])
        end = match.end()
    if text[end : end + 1] != ":":
        return head  # has no value, so it is left out with a warning
    return head + "".join(kept.values()) + text[end:]


def first_ones(lines: list[Line], file: File) -> Iterator[Line]:
    counts = Counter[str]()
    for line in lines:
        most = MOST_LINES.get(line.name, 1)
        counts[line.name] += 1
        if counts[line.name] <= most:
            yield line
        else:
            times = f"{most} times" if most > 1 else "once"
            file.warn(line.number, f"{line.name} is given more than {times}: this is left out.")


def shorten(lines: Iterable[Line], file: File) -> Iterator[Line]:
    """Cuts what is longer than a task can need, as `icalendar` would take long for it."""
    room = MOST_CATEGORIES
    for line in lines:
        if line.name == "CATEGORIES":
            names = line.text[:LONGEST_VALUE].split(",", room)[:room]
            text, room = ",".join(names), room - len(names)
            if len(text) < len(line.text):
                file.warn(line.number, "CATEGORIES is cut: it has more than a task can have.")
            if names:
                yield line._replace(text=text)
        elif line.name in TEXTS or len(line.text) <= LONGEST_VALUE:
            yield line
        else:
            file.warn(line.number, f"This line is left out: {line.name} is too long.")


def outermost(lines: list[Line], file: File) -> Iterator[Line]:
    """The lines that are not in a component inside of it."""
    opened = list[Line]()
    for line in lines:
        if line.name == "BEGIN":
            if not opened:
                file.warn(line.number, f"A {kind_of(line)} is not carried over.")
            opened.append(line)
        elif line.name == "END":
            if opened and kind_of(line) == kind_of(opened[-1]):
                opened.pop()
            else:
                file.warn(line.number, f"END:{kind_of(line)} ends nothing.")
        elif not opened:
            yield line
    if opened:
        file.warn(opened[0].number, "This component has no end: no line after it is read.")


def kind_of(line: Line) -> str:
    """What a BEGIN or an END is of."""
    return line.text.partition(":")[2].strip().upper()[:50]


def build(lines: list[Line]) -> Any:
    texts = [VENDOR.sub(find_name, line.text) for line in lines]
    return Todo.from_ical("\r\n".join(["BEGIN:VTODO", *texts, "END:VTODO", ""]))


def find_name(match: re.Match[str]) -> str:
    """The name of the zone at the end of a path. It has up to three parts."""
    path = match[1].split("/")
    names = ["/".join(path[-count:]) for count in (3, 2, 1)]
    return next(filter(find_zone, names), match[1])


def is_readable(line: Line, file: File) -> bool:
    """The library raises errors of many types for lines that it does not expect."""
    try:
        todo = build([line])
    except Exception as error:
        file.warn(line.number, f"This line is left out: {str(error)[:200]}")
        return False
    if not has_type(line.name, todo.get(line.name)):
        file.warn(line.number, f"This line is left out: {line.name} has another type.")
        return False
    return True


def has_type(name: str, value: Any) -> bool:
    if isinstance(value, list):
        return all(has_type(name, one) for one in value)
    if not all(isinstance(value.params.get(one, ""), str) for one in ("TZID", "RELTYPE")):
        return False
    return isinstance(getattr(value, "dt", value), TYPES[name])
