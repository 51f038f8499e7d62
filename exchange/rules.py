"""Rules of tasks and rules of iCalendar (RFC 5545, section 3.3.10)."""

import re
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import vRecur

from tasks.completions import make_series
from tasks.models import Task
from tasks.recurrence import SHORTEST_MONTH, Rule
from tasks.rule_parts import WEEKDAYS, RuleError

FEBRUARY = 2


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
        last = series.last()
    if last and last <= series.due:  # the due date was moved
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


def read_rule(text: str, due: date) -> str:
    """A rule as `repeat` has it. What `repeat` cannot say is left as it is, so it is refused.

    Raises `RuleError` for a rule that `repeat` would read as another one.
    """
    parts = dict(part.partition("=")[::2] for part in text.strip().upper().split(";") if part)
    if parts.get("WKST") == "MO":
        del parts["WKST"]
    days = parts.get("BYMONTHDAY", "")
    if parts.get("BYSETPOS") == "-1" and re.fullmatch(r"28(,29)?(,30)?(,31)?", days):
        del parts["BYSETPOS"]
        parts["BYMONTHDAY"] = days.rpartition(",")[2]
    if parts.get("FREQ") == "YEARLY":
        if days and "BYMONTH" not in parts:
            raise RuleError("BYMONTHDAY", "Without BYMONTH it is a day of every month.")
        if parts.get("BYMONTH") == str(due.month):
            del parts["BYMONTH"]
    if "BYDAY" in parts:
        parts["BYDAY"] = parts["BYDAY"].replace("+", "")
    if "UNTIL" in parts:
        parts["UNTIL"] = read_end(parts["UNTIL"], getattr(due, "tzinfo", None) or UTC)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def keeps_its_dates(rule: str) -> bool:
    """Whether a rule gives the same instants if its due date is one day off, in another zone."""
    return bool(re.fullmatch(r"(FREQ=(DAILY|WEEKLY)|INTERVAL=\d+|COUNT=\d+|;)+", rule))


def skips_months(text: str, due: date) -> bool:
    """Whether a rule of RFC 5545 has no date in a month that is too short for its day."""
    found = re.search(r"BYMONTHDAY=(\d+)", text)
    day = int(found[1]) if found else due.day
    months = "MONTHLY" in text or ("YEARLY" in text and due.month == FEBRUARY)
    return months and day > SHORTEST_MONTH and not re.search("BYSETPOS|BYDAY", text)


def read_end(text: str, zone: tzinfo) -> str:
    """The date of an UNTIL in the time zone of the due date."""
    if not re.fullmatch(r"\d{8}T\d{6}Z", text, re.ASCII):
        return text.partition("T")[0]
    try:
        end = datetime.strptime(text, "%Y%m%dT%H%M%S%z").astimezone(zone)
    except (ValueError, OverflowError):
        return text
    return f"{end:%Y%m%d}"
