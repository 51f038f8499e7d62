"""Completing a task that repeats: the completion is kept and the task moves to its next due date.

Such a task has its rule, its due date and the number of its current occurrence. A completion raises
the number, so a request that is sent again finds a higher one and does nothing. In the database the
number of a completion is unique for a task.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models

from todo_project.api.prepared import Parameter
from todo_project.api.problems import Conflict, invalid
from todo_project.api.writes import Write

from .recurrence import Rule, Series, read_rule
from .rule_parts import RuleError

if TYPE_CHECKING:
    from .models import Task

NEEDS_DATE = "A task that repeats needs a due date."


class RepeatFrom(models.TextChoices):
    """What a rule counts from."""

    DUE = "due", "the due date"
    COMPLETION = "completion", "the day of completing"


class CompletionQuerySet(models.QuerySet[Any]):
    def for_user(self, user: Any | Parameter) -> Self:
        return self.filter(owner=user)


class Completion(models.Model):
    """An occurrence of a task that was completed."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="completions")
    # A cascade would read all tasks of a user who is deleted, see `Owned.parts`.
    task = models.ForeignKey(
        "tasks.Task", models.DO_NOTHING, related_name="completions", db_index=False
    )
    occurrence = models.PositiveIntegerField()
    due_date = models.DateField()
    due_time = models.TimeField(null=True)
    completed_at = models.DateTimeField()
    # Null if it was the last occurrence, so the task was completed.
    next_due_date = models.DateField(null=True)

    objects = CompletionQuerySet.as_manager()

    class Meta:
        constraints = [
            # Its index also serves the list of a task and the deletion with it.
            models.UniqueConstraint(fields=["task", "occurrence"], name="completion_is_unique")
        ]

    def __str__(self) -> str:
        return f"{self.occurrence}: {self.due_date}"

    def is_of(self, task: "Task") -> bool:
        """Also for a task that has no id yet."""
        return self.task_id == task.pk if self.task_id else self.task == task


def settle(task: "Task", values: dict[str, Any]) -> None:
    """Put the rule that results from these values into its canonical form.

    Raises `ValidationError`. A rule that is stored already is not checked again, so its due date
    may move to any day.
    """
    resulting = result_of(task, values)
    text, due = resulting["repeat"], resulting["due_date"]
    if text is None:
        return
    if due is None:
        raise invalid("due_date" if values.get("repeat") is None else "repeat", NEEDS_DATE)
    stored = (task.repeat, task.repeat_from)
    if (text, resulting["repeat_from"]) == stored:
        return
    try:
        rule = read_rule(text, due, resulting["repeat_from"] == RepeatFrom.COMPLETION)
    except RuleError as error:
        raise invalid("repeat" if "repeat" in values else "repeat_from", str(error)) from None
    values["repeat"] = str(rule)


def result_of(task: "Task", values: Mapping[str, Any]) -> dict[str, Any]:
    """What a series depends on, after these values are set."""
    names = ("due_date", "due_time", "repeat", "repeat_from")
    return {name: values.get(name, getattr(task, name)) for name in names}


def make_series(task: "Task", values: Mapping[str, Any]) -> Series:
    """The series of a task with these values. A new rule counts from the current occurrence."""
    resulting = result_of(task, values)
    since = task.repeat_since if resulting["repeat"] == task.repeat else task.occurrence
    return Series(
        Rule.parse(resulting["repeat"]),
        resulting["due_date"],
        task.occurrence - since + 1,
        resulting["repeat_from"] == RepeatFrom.COMPLETION,
    )


def complete(writing: Write, task: "Task", values: Mapping[str, Any]) -> dict[str, Any]:
    """Completes the current occurrence. Gives the values to set instead of `completed`."""
    today: date = writing.find_owner(task).local_time(writing.now).date()
    found = make_series(task, values).next(today)
    resulting = result_of(task, values)
    writing.attach(
        Completion(
            owner_id=task.owner_id,
            task=task,
            occurrence=task.occurrence,
            due_date=resulting["due_date"],
            due_time=resulting["due_time"],
            completed_at=writing.now,
            next_due_date=found,
        )
    )
    others = {name: value for name, value in values.items() if name != "completed"}
    moved = {"completed": True} if found is None else {"due_date": found}
    return {**others, "occurrence": task.occurrence + 1, **moved}


def decide(writing: Write, task: "Task", completed: bool, number: int) -> dict[str, Any]:
    """The values to set to complete an occurrence, or to undo its completion.

    Nothing happens if that is done already. Raises `Conflict` if it cannot be done.
    """
    if number > task.occurrence:
        raise Conflict(f"The current occurrence is {task.occurrence}.")
    if number == task.occurrence:
        return {"completed": completed}
    return {} if completed else undo(writing, task, number)


def undo(writing: Write, task: "Task", number: int) -> dict[str, Any]:
    last = find(writing, task, number) if number == task.occurrence - 1 else None
    if last is None:
        raise Conflict("Only the last completion can be undone.")
    expected = (last.next_due_date or last.due_date, last.next_due_date is None)
    if (task.due_date, task.completed) != expected:
        raise Conflict("The task has changed since, so the completion cannot be undone.")
    writing.detach(last)
    return {
        "completed": False,
        "due_date": last.due_date,
        "occurrence": number,
        "repeat_since": min(task.repeat_since, number),
    }


def find(writing: Write, task: "Task", number: int) -> Any:
    """The completion with this number, or None."""
    for row in [*writing.attached, *writing.known.of(Completion).values()]:
        if isinstance(row, Completion) and row.occurrence == number and row.is_of(task):
            return row
    return Completion.objects.filter(task=task.pk, occurrence=number).first()


def find_last(tasks: "Iterable[Task]") -> Iterable[Completion]:
    """The last completion of each of these tasks."""
    rows = Completion.objects.filter(task__in=[task.pk for task in tasks])
    return rows.filter(task__occurrence=models.F("occurrence") + 1)
