"""How pages show that a task repeats."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import template
from django.utils import timezone
from django.utils.text import capfirst

from accounts.models import User
from tasks.completions import RepeatFrom, make_series
from tasks.models import Task
from tasks.recurrence import Rule
from tasks.repeat_text import describe

USUAL = {
    "FREQ=DAILY": "Every day",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR": "Every day from Monday to Friday",
    "FREQ=WEEKLY": "Every week",
    "FREQ=WEEKLY;INTERVAL=2": "Every 2 weeks",
    "FREQ=MONTHLY": "Every month",
    "FREQ=MONTHLY;BYMONTHDAY=-1": "On the last day of every month",
    "FREQ=YEARLY": "Every year",
}

register = template.Library()


@register.filter
def repeat_text(task: Mapping[str, Any]) -> str:
    """The rule of a task in English; empty if it does not repeat."""
    if not task["repeat"] or not task.get("due_date"):
        return ""
    due = date.fromisoformat(str(task["due_date"]))
    from_completion = task.get("repeat_from") == RepeatFrom.COMPLETION
    return describe(Rule.parse(task["repeat"]), due, from_completion)


@register.simple_tag
def next_date(task: Task, user: User) -> date | None:
    """The due date after completing a task now; None if there is none."""
    if task.repeat is None or task.due_date is None or task.completed:
        return None
    return make_series(task, {}).next(user.local_time(timezone.now()).date())


@register.filter
def repeat_choices(field: Any) -> list[tuple[str, str]]:
    """The usual rules and the one in the form."""
    rule, form = field.value, field.parent.data
    if not isinstance(rule, str) or not rule or rule in USUAL:
        return [*USUAL.items()]
    try:
        text = capfirst(repeat_text({**form, "repeat": rule}))
    except ValueError:  # of a form with errors
        text = ""
    return [*USUAL.items(), (rule, text or rule)]
