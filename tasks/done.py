"""What pages say after a form has changed tasks, and how to undo it."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from todo_project.api.forms import Message

from .due_text import describe_day
from .models import Task
from .operations import MOST
from .subtasks import below

SHOWN = 60  # characters of a title, because a cookie holds the message
TEXTS = {
    "complete": "completed",
    "reopen": "open again",
    "delete": "in the trash",
    "restore": "back",
    "update": "changed",
}
OPPOSITES = {"complete": "reopen", "reopen": "complete", "delete": "restore"}


def quote(task: Task) -> str:
    return f"“{Truncator(str(task)).chars(SHOWN)}”"


def task_message(view: Any, data: Any) -> Message | None:
    """For the actions of `TaskViewSet`; None for those that only save."""
    if view.action == "destroy":
        restore = reverse("task-restore", args=[view.deleted.pk])
        return Message(f"{quote(view.deleted)} is in the trash.", {"action": restore})
    task = data.serializer.instance
    texts = {"create": "added", "restore": "back"}
    if view.action in texts:
        return Message(f"{quote(task)} is {texts[view.action]}.")
    return None


def bulk_message(user: Any, op: str, done: Sequence[Task], changed: Sequence[str]) -> Message:
    """For `BulkViewSet`. `changed` has the keys of the tasks to undo it for, see `read_key()`."""
    names = quote(done[0]) if len(done) == 1 else f"{len(done)} tasks"
    text = f"{names} {'is' if len(done) == 1 else 'are'} {TEXTS[op]}."
    if len(done) == 1 and op == "complete" and not done[0].completed and done[0].due_date:
        day = describe_day(done[0].due_date, user.local_time(timezone.now()).date())
        text = f"{names} is completed. It is due again: {day}."
    undo = {"action": reverse("task-bulk"), "op": OPPOSITES.get(op), "task": changed}
    return Message(text, undo if changed and op in OPPOSITES else {})


def find_changed(bulk: Any) -> list[str]:
    """The keys of the tasks to undo a form's operations for.

    None if the opposite operation would not bring back the state of all tasks.
    """
    op = bulk.operations[0]["op"]
    if op == "delete":
        return [str(one["id"]) for one in reversed(bulk.operations)]  # parents first
    numbers = {one["id"]: one.get("occurrence") for one in bulk.operations}
    changed = [task for task in bulk.writing.updated if isinstance(task, Task)]
    # Subtasks that were completed with these tasks as well.
    keys = [task.pk for task in changed if task.completed or task.pk in numbers]
    if len(keys) > MOST or bulk.keeps_completion or loses_subtasks(bulk, op, changed):
        return []
    return [f"{pk}-{numbers[pk]}" if numbers.get(pk) else str(pk) for pk in keys]


def loses_subtasks(bulk: Any, op: str, changed: Sequence[Task]) -> bool:
    """True if the opposite operation would not bring back the state of the subtasks."""
    named = {one["id"] for one in bulk.operations}
    if op == "complete":
        # A task that repeats has opened its subtasks.
        return any(
            task.pk in bulk.completed if task.pk in named else not task.completed
            for task in changed
        )
    # Completing a task completes its open subtasks, or opens all if it repeats.
    return op == "reopen" and any(
        row.pk not in named and row.deleted_at is None and (task.repeat or not row.completed)
        for task in changed
        for row in below(bulk.writing, [task])
    )
