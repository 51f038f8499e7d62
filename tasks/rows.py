"""Tasks as lists and pages show them, in words and with what belongs to them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count
from django.utils import timezone

from projects.models import Project
from todo_project.api.room import find_room, measure, shorten

from .details import MARKUP, SHOWN_TAGS, describe, fit
from .due_text import describe_day, describe_due, is_overdue
from .models import Task
from .templatetags.repeats import next_date, repeat_text


class Row(NamedTuple):
    """A task as a list shows it, in words."""

    task: Task
    due: str
    overdue: bool
    project: Project | None
    subtasks: int
    done: int
    repeats: str
    next_due: str  # the date after completing it now
    deleted: str
    room: int  # bytes of HTML for the title and the details

    @property
    def title(self) -> str:
        """As it is stored, if it can be seen: the element around it isolates its direction."""
        shown = str(self.task)
        title = shown if shown == f"Task {self.task.pk}" else self.task.title
        return shorten(title, self.room * 2 // 3)

    @property
    def key(self) -> str:
        """The id, and the occurrence of a task that repeats; see `read_key()`.

        Of a completed task it is the last occurrence, whose completion the button undoes.
        """
        number = self.task.occurrence - self.task.completed
        return f"{self.task.pk}-{number}" if self.task.repeat and number else str(self.task.pk)

    @property
    def details(self) -> list[str]:
        """As HTML: those that there is room for beside the title, and the number of the others."""
        hidden = max(len(self.task.tags) - SHOWN_TAGS, 0)
        return fit([*describe(self)], hidden, self.room - measure(self.title))


def make_rows(
    user: Any,
    tasks: Iterable[Task],
    known: dict[int, Project] | None = None,
    room: int | None = None,
) -> list[Row]:
    tasks = list(tasks)
    room = find_room(len(tasks), MARKUP) if room is None else room
    now, steps = user.local_time(timezone.now()), count_subtasks(user, tasks)
    projects = find_projects(user, tasks, known or {})
    return [
        Row(
            task,
            describe_due(task, now),
            is_overdue(task, now),
            projects.get(task.project_id or 0),
            *steps.get(task.pk, (0, 0)),
            repeat_text(vars(task)),
            describe_next(task, user, now),
            describe_instant(task.deleted_at, user),
            room,
        )
        for task in tasks
    ]


def count_subtasks(user: Any, tasks: Sequence[Task]) -> dict[int, tuple[int, int]]:
    """For each of these tasks that has subtasks: how many, and how many are completed."""
    below = Task.objects.live().for_user(user).filter(parent__in=[task.pk for task in tasks])
    counts = below.order_by().values_list("parent_id")
    counted = counts.annotate(all=Count("pk"), done=Count("completed_at"))
    return {parent: (total, done) for parent, total, done in counted}


def find_projects(user: Any, tasks: Iterable[Task], known: dict[int, Project]) -> dict[int, Any]:
    missing = {task.project_id for task in tasks if task.project_id} - known.keys()
    return {**known, **Project.objects.for_user(user).in_bulk(missing)} if missing else known


def describe_next(task: Task, user: Any, now: datetime) -> str:
    following = next_date(task, user)
    return describe_day(following, now.date()) if following else ""


def describe_instant(instant: datetime | None, user: Any) -> str:
    if instant is None:
        return ""
    local, today = user.local_time(instant), user.local_time(timezone.now()).date()
    return f"{describe_day(local.date(), today)}, {local:%H:%M}"
