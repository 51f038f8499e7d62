"""How pages show that a task repeats."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import template
from django.utils import timezone

from accounts.models import User
from tasks.completions import RepeatFrom, make_series
from tasks.models import Task
from tasks.recurrence import Rule
from tasks.repeat_text import describe

register = template.Library()


@register.filter
def repeat_text(task: Mapping[str, Any]) -> str:
    """The rule of a task in English; empty if it does not repeat."""
    if not task["repeat"] or not task["due_date"]:
        return ""
    due = date.fromisoformat(str(task["due_date"]))
    from_completion = task["repeat_from"] == RepeatFrom.COMPLETION
    return describe(Rule.parse(task["repeat"]), due, from_completion)


@register.simple_tag
def next_date(task: Task, user: User) -> date | None:
    """The due date after completing a task now; None if there is none."""
    if task.repeat is None or task.due_date is None or task.completed:
        return None
    return make_series(task, {}).next(user.local_time(timezone.now()).date())
