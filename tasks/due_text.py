"""Due dates in words, on the owner's calendar."""

from datetime import date, datetime, timedelta

from .models import Task

NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}
WEEK = timedelta(days=7)


def describe_due(task: Task, now: datetime) -> str:
    """When a task is due: "tomorrow, 09:30", "Friday 4 December"; empty without a date."""
    if task.due_date is None:
        return ""
    day = describe_day(task.due_date, now.date())
    return f"{day}, {task.due_time:%H:%M}" if task.due_time else day


def describe_day(day: date, today: date) -> str:
    distance = day - today
    if distance.days in NEAR:
        return NEAR[distance.days]
    text = f"{day.day} {day:%B}" if day.year == today.year else f"{day.day} {day:%B} {day.year}"
    return f"{day:%A} {text}" if timedelta() < distance < WEEK else text


def is_overdue(task: Task, now: datetime) -> bool:
    """As `querysets.is_overdue()`."""
    if task.completed or task.due_date is None:
        return False
    earlier_today = task.due_date == now.date() and task.due_time and task.due_time < now.time()
    return task.due_date < now.date() or bool(earlier_today)
