"""Tasks as CSV (RFC 4180), for spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from .models import Task, TaskQuerySet

BATCH = 2_000  # rows read at a time
HEADER = (
    "id owner title description priority due_date due_time repeat repeat_from occurrence project "
    "parent tags completed_at created_at updated_at"
)
# Where a spreadsheet finds a formula (OWASP, CSV Injection): at the beginning of a cell, behind any
# spaces and quotes. Spreadsheets split by the separator of their locale, and then the quotes that
# we write around a cell protect nothing, so an apostrophe stands before each formula.
FORMULA = re.compile(
    r"""
    ^ (?= [\t\r\n] ) |
    (?: ^ | (?<= [,;|\t\r\n] ) ) (?= (?: ["'] | [^\S\t\r\n] )* [=+\-@＝＋－＠] )
    """,  # noqa: RUF001  (the wide ones too)
    re.VERBOSE,
)


def export(tasks: TaskQuerySet) -> Iterator[str]:
    """The text, a batch at a time.

    A query for each batch, as one for all would outlast the time that a statement has, and its
    rows would all be sent at once where a pooler rules out server-side cursors.
    """
    tasks, last = tasks.select_related("owner", "project").order_by("pk"), 0
    # Without this mark Excel does not take it for UTF-8.
    yield "\ufeff" + lines([HEADER.split()])
    while batch := list(tasks.filter(pk__gt=last)[:BATCH]):
        yield lines(map(row, batch))
        last = batch[-1].pk


def row(task: Task) -> list[str]:
    values = [
        task.pk,
        task.owner,
        task.title,
        task.description,
        task.get_priority_display(),
        task.due_date,
        task.due_time,
        task.repeat,
        task.repeat_from,
        task.occurrence,
        task.project,
        task.parent_id,
        ", ".join(task.tags),
        task.completed_at,
        task.created_at,
        task.updated_at,
    ]
    return ["" if value is None else safe(str(value)) for value in values]


def safe(text: str) -> str:
    return FORMULA.sub("'", text)


def lines(rows: Iterable[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()
