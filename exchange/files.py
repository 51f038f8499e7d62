"""The kinds of files that can be imported."""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import IO, Any

from rest_framework.parsers import BaseParser

from todo_project.api.problems import invalid

from .drafts import File
from .icalendar_files import read_calendar
from .json_files import read_document
from .todoist import read_csv


class BytesParser(BaseParser):
    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return READERS[self.media_type](stream)


class DocumentParser(BytesParser):
    media_type = "application/json"


class CSVParser(BytesParser):
    media_type = "text/csv"


class CalendarParser(BytesParser):
    media_type = "text/calendar"


READERS: dict[str, Callable[[IO[bytes]], File]] = {
    "application/json": lambda stream: read_document(stream.read()),
    "text/csv": lambda stream: read_csv(stream.read()),
    "text/calendar": lambda stream: read_calendar(stream.read()),
}
SUFFIXES = {".json": "application/json", ".csv": "text/csv", ".ics": "text/calendar"}


def read_named(name: str, stream: IO[bytes]) -> File:
    """Reads a file of the kind that its name says. Raises `ValidationError`."""
    kind = SUFFIXES.get(PurePath(name).suffix.lower())
    if kind is None:
        raise invalid("file", f"The name must end with one of: {', '.join(SUFFIXES)}.")
    return READERS[kind](stream)
