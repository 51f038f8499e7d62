"""The texts of files, read a line at a time: a list of all lines takes many times their bytes.

Each line is decoded on its own. In a text of 5 MiB, one emoji would make every letter take 4 bytes.
"""

import codecs
import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from .drafts import unreadable

LONGEST = 200_000  # bytes of a line: more is not read, as a task cannot have it
LINE = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n|\Z)")


def split_lines(body: bytes) -> Iterator[re.Match[bytes]]:
    """The lines, which may end in three ways. The first group is without the end."""
    return LINE.finditer(body.removeprefix(codecs.BOM_UTF8))


def cut(match: re.Match[bytes]) -> bytes:
    """The line, without its end and what is too long."""
    return match.string[match.start() : min(match.end(1), match.start() + LONGEST)]


def decode(text: bytes, line: int) -> str:
    """The text of a line. Of a long line, a character that is cut at its end is left out."""
    try:
        return codecs.utf_8_decode(text, "strict", len(text) < LONGEST)[0]
    except UnicodeDecodeError:
        raise unreadable(line, "Is not UTF-8.") from None


def find_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None
