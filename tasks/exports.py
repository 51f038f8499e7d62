"""Tasks as CSV (RFC 4180), for spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from .models import Task
from .querysets import TaskQuerySet

BATCH = 2_000  # rows read at a time
HEADER = (
    "id owner title description priority due_date due_time repeat repeat_from occurrence project "
    "parent tags completed_at created_at updated_at"
)
# Matches where a spreadsheet starts a formula (OWASP, CSV Injection): at the beginning of a cell,
# after spaces and quotes. A spreadsheet may split the text at the separator of its locale. The
# quotes around our cells do not help then, so `safe()` puts an apostrophe before each formula.
FORMULA = re.compile(
    r"""
    ^ (?= [\t\r\n] ) |
    (?: ^ | (?<= [,;|\t\r\n] ) ) (?= (?: ["'] | [^\S\t\r\n] )* [=+\-@＝＋－＠] )
    """,  # noqa: RUF001  (the wide ones too)
    re.VERBOSE,
)


def export(tasks: TaskQuerySet) -> Iterator[str]:
    """Yields the text in batches.

    Each batch has its own query. One query for all rows would exceed the statement timeout, and
    behind a pooler without server-side cursors it would load all rows at once.
    """
    tasks, last = tasks.select_related("owner", "project").order_by("pk"), 0
    # Excel reads a file as UTF-8 only with this mark.
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
