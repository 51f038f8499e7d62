"""Parses an exported document a row at a time.

A document that is made to harm, such as a million empty lists, needs up to 90 times its bytes when
it is parsed. So rows are found without parsing them, and one with too many values is refused.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import repeat
from typing import Any

from rest_framework.exceptions import ParseError

from todo_project.api.parsers import StrictJSONParser
from todo_project.api.problems import invalid

from .drafts import MOST, unreadable

# A string (also one without an end), a bracket that opens, one that closes, or a comma.
TOKEN = re.compile(rb'"(?:[^"\\]++|\\.?)*+"?|([\[{])|([\]}])|(,)', re.DOTALL)
ROW = [b"{", b"[", b"{"]  # what is open in a row: the document, its list, the row
LISTS = ("projects", "tasks", "trash")
KEYS = {f'"{name}"'.encode() for name in LISTS}
DEEPEST = 254  # levels, as in `StrictJSONParser`
LONGEST = 150_000  # bytes of a text: more than a description with an escape for each character
# Brackets and commas, outside of rows and in a row. One with 14,000 completions has fewer.
MOST_IN_FRAME, MOST_IN_ROW = 75_000, 99_000
# In all: an export has more than 8 bytes for each. A file with as many as bytes takes seconds.
MOST_PARTS, BYTES = 700_000, 8

Rows = dict[str, Iterator[dict[str, Any]]]


def parse(body: bytes) -> tuple[dict[str, Any], Rows]:
    """The document with nulls in place of its rows, and the rows of each list by its name."""
    frame, places, end = BytesIO(), list[slice](), 0
    for place in find_rows(body):
        if len(places) == MOST:
            raise invalid("file", f"A file has at most {MOST:,} tasks and projects.")
        places.append(place)
        frame.write(body[end : place.start] + b"null" + line_ends(body, place.start, place.stop))
        end = place.stop
    frame.write(body[end:])
    document = load(frame.getvalue())
    rows, left = Rows(), iter(places)
    for name, value in document.items():
        if name in LISTS and isinstance(value, list):
            rows[name] = map(load_row, repeat(body), take(name, value, left))
    return document, rows


def take(name: str, values: list[Any], places: Iterator[slice]) -> list[slice]:
    """The places of the rows of a list."""
    found = []
    for number, value in enumerate(values):
        place = next(places, None) if value is None else None
        if place is None:
            raise invalid(f"{name}.{number}", "Must be an object.")
        found.append(place)
    return found


def find_rows(body: bytes) -> Iterator[slice]:
    """The places of the objects in the lists of rows. Other lists are parsed with the document."""
    opened, start, counts, total = list[bytes](), -1, [0, 0], 0  # outside of rows, in the row
    key, most = b"", max(MOST_PARTS, len(body) // BYTES)
    for match in TOKEN.finditer(body):
        if len(opened) == 1 and not match.lastindex:
            key = match[0]
        if match[1]:
            opened.append(match[1])
            if opened == ROW and key in KEYS:
                start, counts[1] = match.start(), 0
        elif match[2]:
            del opened[-1:]
            if start >= 0 and len(opened) < len(ROW):
                yield slice(start, match.end())
                start = -1
        is_part = bool(match.lastindex)
        counts[start >= 0] += is_part
        total += is_part
        is_long = match.end() - match.start() > LONGEST or len(opened) > DEEPEST
        if is_long or total > most or counts[0] > MOST_IN_FRAME or counts[1] > MOST_IN_ROW:
            line = body.count(b"\n", 0, match.start()) + 1
            raise unreadable(line, "Has longer texts or more values than an exported document.")


def load(body: bytes) -> dict[str, Any]:
    return StrictJSONParser().parse(BytesIO(body))


def load_row(body: bytes, place: slice) -> dict[str, Any]:
    try:
        return load(body[place])
    except ParseError:  # again, for an error that names the line of the file
        return load(line_ends(body, 0, place.start) + body[place])


def line_ends(body: bytes, start: int, stop: int) -> bytes:
    return b"\n" * body.count(b"\n", start, stop)
