"""Rules in English, as people see them in the browsable API and the admin."""

from calendar import day_name, month_name, monthrange
from datetime import date

from .recurrence import SHORTEST_MONTH, Rule

UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
PLACES = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
COMMON_YEAR = 2001


def describe(rule: Rule, due: date, from_completion: bool = False) -> str:
    """The rule of a task with this due date: "every 2 weeks on Monday and Thursday"."""
    unit = UNITS[rule.frequency]
    every = f"every {unit}" if rule.interval == 1 else f"every {rule.interval} {unit}s"
    if from_completion:
        return f"{every} after completion"
    return every + describe_days(rule, due) + describe_end(rule)


def describe_days(rule: Rule, due: date) -> str:
    match rule.frequency:
        case "WEEKLY":
            return f" on {join([day_name[day] for day in rule.weekdays or (due.weekday(),)])}"
        case "MONTHLY" if rule.weekdays:
            return f" on the {PLACES[rule.nth or 1]} {day_name[rule.weekdays[0]]}"
        case "MONTHLY":
            return describe_day_of_month(rule.month_day or due.day)
        case "YEARLY":
            return describe_day_of_year(rule.month_day or due.day, due.month)
    return ""


def describe_day_of_month(day: int) -> str:
    if day == -1:
        return " on the last day"
    return f" on the {ordinal(day)}" + (" or the last day" if day > SHORTEST_MONTH else "")


def describe_day_of_year(day: int, month: int) -> str:
    _, last = monthrange(COMMON_YEAR, month)
    if day == -1 or day > last:  # 29, 30 and 31 are the same day of every February
        return f" on the last day of {month_name[month]}"
    return f" on {day} {month_name[month]}"


def describe_end(rule: Rule) -> str:
    if rule.count is not None:
        return ", once" if rule.count == 1 else f", {rule.count} times"
    return f", until {write_date(rule.until)}" if rule.until is not None else ""


def write_date(day: date) -> str:
    return f"{day.day} {month_name[day.month]} {day.year}"


def ordinal(number: int) -> str:
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 11 <= number <= 13 else suffix}"


def join(words: list[str]) -> str:
    """One, two and three."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
