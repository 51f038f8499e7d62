"""What the readers of files make: drafts of tasks and projects, not yet checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rest_framework.exceptions import ParseError, ValidationError

MOST = 10_000  # tasks and projects in a file
LAST = ("~", 0)  # after the positions of all objects


@dataclass
class Draft:
    key: str  # where it comes from: the same in the same file
    data: dict[str, Any]  # the members of a request; `project` and `parent` are keys of drafts
    line: int | None = None  # in the file, from 1
    path: str = ""  # in a JSON document, such as `tasks.3`
    kept: dict[str, Any] = field(default_factory=dict)  # columns that no request can set
    rule_day: date | None = None  # the due date in the file, if the rule is about that day
    id: int = 0  # in a JSON document
    position: tuple[str, int] = LAST  # drafts are sorted by it; without it they stay in order


@dataclass
class File:
    """The drafts of a file, and what could not be carried over."""

    projects: list[Draft] = field(default_factory=list)
    tasks: list[Draft] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    # In a document of our own a wrong value is an error. In the files of other programs it is
    # left out, with a warning.
    strict: bool = False
    account: str = ""  # of a document of our own

    def add(self, drafts: list[Draft], draft: Draft) -> None:
        """Adds it to the projects or tasks."""
        if len(self.projects) + len(self.tasks) == MOST:
            raise unreadable(draft.line, f"A file has at most {MOST:,} tasks and projects.")
        drafts.append(draft)

    def warn(self, line: int | None, message: str) -> None:
        if len(self.warnings) == MOST:
            raise unreadable(line, f"The file has more than {MOST:,} warnings. This one: {message}")
        self.warnings.append({"line": line, "message": message})


def unreadable(line: int | None, message: str) -> ParseError:
    return ParseError(f"Line {line}: {message}" if line else message)


@contextmanager
def within(path: str) -> Iterator[None]:
    """An error names the place in the document."""
    try:
        yield
    except ValidationError as error:
        for part in reversed(path.split(".")):
            error = ValidationError({part: error.detail})
        raise error from None
