"""What a row of a list shows of a task besides its title."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from todo_project.api.room import count_fitting

MARKUP = 245  # bytes of HTML of a row besides its title and its details, see row.html
SHOWN_TAGS = 5  # the page of the task has all


def fit(details: Sequence[str], hidden: int, room: int) -> list[str]:
    """The first details, and the number of the others and of those that are hidden anyway."""
    shown = count_fitting((len(one.encode()) for one in details), room)
    others = len(details) - shown + hidden
    return [*details[:shown], *([format_html("<span>+{}</span>", others)] if others else [])]


def describe(row: Any) -> Iterator[str]:
    """The details of a task as HTML."""
    task = row.task
    if row.due:
        late = '<span class="late">Overdue: {}</span>'
        yield format_html(late if row.overdue else "<span>{}</span>", row.due)
    if task.priority:
        high = '<span class="high">{} priority</span>'
        is_high = task.priority == task.Priority.HIGH
        yield format_html(
            high if is_high else "<span>{} priority</span>", task.get_priority_display()
        )
    if row.project:
        url, project = reverse("task-list"), row.project
        link = '<a href="{}?project={}"><bdi>{}</bdi></a>'
        yield format_html(link, url, project.pk, project.name)
    if row.subtasks:
        yield format_html("<span>{} of {} subtasks</span>", row.done, row.subtasks)
    if row.repeats:
        yield format_html("<span>{}</span>", row.repeats)
    if row.next_due:
        yield format_html("<span>next {}</span>", row.next_due)
    for tag in task.tags[:SHOWN_TAGS]:
        yield format_html("<bdi>#{}</bdi>", tag)
