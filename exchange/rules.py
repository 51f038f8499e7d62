"""Rules of tasks and rules of iCalendar (RFC 5545, section 3.3.10)."""

import re
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import vRecur

from tasks.completions import make_series
from tasks.models import Task
from tasks.recurrence import WEEKDAYS, Rule


def write_rule(task: Task, zone: ZoneInfo) -> vRecur | None:
    """The rule that gives the dates of a task. None if it depends on the days of completing.

    The end is always a date, because programs count a first date outside the rule differently.
    """
    if task.repeat is None:
        return None
    series = make_series(task, {})
    if series.from_completion:
        return None
    rule, last = series.rule, series.rule.until
    if rule.count:
        last = max([series.due, *series.coming(series.due)])
    if last == series.due:
        return None
    parts = {"FREQ": rule.frequency, "INTERVAL": rule.interval, **write_days(rule, series.due)}
    if last:
        parts["UNTIL"] = write_end(last, task, zone)
    return vRecur(parts)


def write_days(rule: Rule, due: date) -> dict[str, Any]:
    """The parts that choose the days: what `dateutil` gets, with the names of RFC 5545."""
    if rule.weekdays:
        return {"BYDAY": [f"{rule.nth or ''}{WEEKDAYS[day]}" for day in rule.weekdays]}
    names = {"bymonthday": "BYMONTHDAY", "bysetpos": "BYSETPOS", "bymonth": "BYMONTH"}
    days = rule.days(due)
    return {
        names[name]: [*value] if isinstance(value, range) else value for name, value in days.items()
    }


def write_end(last: date, task: Task, zone: ZoneInfo) -> date:
    """UNTIL is a date if the due date is one, else an instant in UTC."""
    if task.due_time is None:
        return last
    return datetime.combine(last, task.due_time, zone).astimezone(UTC)


def read_rule(text: str, zone: tzinfo) -> str:
    """A rule as `repeat` has it, if it can be said so. The rest is left as it is."""
    parts = dict(part.partition("=")[::2] for part in text.strip().upper().split(";") if part)
    if parts.get("WKST") == "MO":
        del parts["WKST"]
    days = parts.get("BYMONTHDAY", "")
    if parts.get("BYSETPOS") == "-1" and re.fullmatch(r"28(,29)?(,30)?(,31)?", days):
        del parts["BYSETPOS"]
        parts["BYMONTHDAY"] = days.rpartition(",")[2]
    if parts.get("FREQ") == "YEARLY" and "BYMONTHDAY" in parts:
        parts.pop("BYMONTH", None)
    if "BYDAY" in parts:
        parts["BYDAY"] = parts["BYDAY"].replace("+", "")
    if "UNTIL" in parts:
        parts["UNTIL"] = read_end(parts["UNTIL"], zone)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def read_end(text: str, zone: tzinfo) -> str:
    """The date of an UNTIL in the time zone of the due date."""
    if not re.fullmatch(r"\d{8}T\d{6}Z", text, re.ASCII):
        return text.partition("T")[0]
    try:
        end = datetime.strptime(text, "%Y%m%dT%H%M%S%z").astimezone(zone)
    except (ValueError, OverflowError):
        return text
    return f"{end:%Y%m%d}"
