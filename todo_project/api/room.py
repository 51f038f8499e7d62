"""How much of its texts a page shows: each page is less than 100 KB."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from django.utils.html import escape

ROWS = 68_000  # bytes of HTML for all rows of a list
LEAST = 20  # for the texts of a row, if there is no room


def find_room(rows: int, markup: int, taken: int = 0) -> int:
    """The bytes for the texts of each row, of which each has `markup` bytes besides."""
    return max((ROWS - taken) // max(rows, 1) - markup, LEAST)


def measure(text: str) -> int:
    """The bytes of a text in HTML."""
    return len(escape(text).encode())


def count_fitting(sizes: Iterable[int], room: int) -> int:
    """How many of the first fit."""
    return bisect_right([*accumulate(sizes)], room)


def shorten(text: str, room: int) -> str:
    """The text, or its beginning and an ellipsis."""
    if measure(text) <= room:
        return text
    return text[: count_fitting(map(measure, text[:room]), room - measure("…"))] + "…"
