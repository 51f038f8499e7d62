"""The texts of files, read a line at a time: a list of all lines takes many times their bytes."""

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from .drafts import unreadable

LONGEST = 200_000  # characters of a line: more is not read, as a task cannot have it
LINE = re.compile(rf"([^\r\n]{{0,{LONGEST}}})[^\r\n]*(?:\r\n|\r|\n|\Z)")


def decode(body: bytes) -> str:
    """The text, without a byte-order mark."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(body[: error.start].count(b"\n") + 1, "Is not UTF-8.") from None


def split_lines(text: str) -> Iterator[re.Match[str]]:
    """The lines, which may end in three ways. The first group is without the end, and cut."""
    return LINE.finditer(text)


def find_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None
