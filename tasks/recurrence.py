"""Rules by which a task repeats: a small part of RFC 5545, on calendar dates without a time zone.

`Rule` is the rule itself. `Series` is a rule with the due date that it continues from. All dates
come from `dateutil`. It walks through a series one interval at a time, so a series that began long
ago is first moved by whole intervals close to the date that is asked for.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Literal, Self

from dateutil.relativedelta import relativedelta
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

from .dates import LAST_DUE_DATE

FREQUENCIES: dict[str, Literal[0, 1, 2, 3]] = {
    "DAILY": DAILY,
    "WEEKLY": WEEKLY,
    "MONTHLY": MONTHLY,
    "YEARLY": YEARLY,
}
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
SHORTEST_MONTH = 28
MOST_CHARACTERS = 100  # of a stored rule
UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)  # upper() changes other letters to these

# The parts of a rule in the order of the canonical text: their form, and what it is in words.
A_WEEKDAY = f"({'|'.join(WEEKDAYS)})"
FORMS = {
    "FREQ": ("|".join(FREQUENCIES), f"Must be one of: {', '.join(FREQUENCIES)}."),
    "INTERVAL": (r"[1-9]\d?", "Must be a number from 1 to 99."),
    "BYDAY": (
        rf"{A_WEEKDAY}(,{A_WEEKDAY})*|(-1|[1-4]){A_WEEKDAY}",
        "Must be a list of days for WEEKLY, such as MO,TH, or 1 to 4 or -1 and a day for MONTHLY,"
        " such as -1FR.",
    ),
    "BYMONTHDAY": (r"-1|[1-9]|[12]\d|3[01]", "Must be a number from 1 to 31, or -1."),
    "COUNT": (r"[1-9]\d{0,2}", "Must be a number from 1 to 999."),
    "UNTIL": (r"\d{8}", "Must be a date, 20261231."),
}


class RuleError(ValueError):
    """A rule outside the grammar. The message begins with the name of the wrong part."""

    def __init__(self, part: str, fault: str) -> None:
        super().__init__(f"{part}: {fault}")
        self.part = part


@dataclass(frozen=True)
class Rule:
    frequency: str
    interval: int = 1
    weekdays: tuple[int, ...] = ()  # Monday is 0
    nth: int | None = None  # which one of the month's weekdays; -1 is the last
    month_day: int | None = None  # -1 is the last day
    count: int | None = None
    until: date | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a rule, in upper or lower case and with its parts in any order.

        Raises `RuleError` for anything outside the grammar.
        """
        parts = split(text)
        check_combination(parts)
        days = parts.get("BYDAY", "")
        nth = days.rstrip(ascii_uppercase + ",")
        return cls(
            frequency=parts["FREQ"],
            interval=int(parts.get("INTERVAL", 1)),
            weekdays=tuple(n for n, day in enumerate(WEEKDAYS) if day in days),
            nth=int(nth) if nth else None,
            month_day=int(parts["BYMONTHDAY"]) if "BYMONTHDAY" in parts else None,
            count=int(parts["COUNT"]) if "COUNT" in parts else None,
            until=read_date(parts["UNTIL"]) if "UNTIL" in parts else None,
        )

    @property
    def parts(self) -> dict[str, str]:
        """The names and values of the parts that differ from their defaults, in order."""
        days = ",".join(f"{self.nth or ''}{WEEKDAYS[day]}" for day in self.weekdays)
        until = self.until and self.until.isoformat().replace("-", "")
        every = self.interval if self.interval > 1 else None
        values = [self.frequency, every, days, self.month_day, self.count, until]
        return {name: str(value) for name, value in zip(FORMS, values, strict=True) if value}

    def __str__(self) -> str:
        """The canonical text."""
        return ";".join(f"{name}={value}" for name, value in self.parts.items())

    def pinned(self, due: date) -> Self:
        """With the day of the month of a due date, if nothing else says on which day."""
        if self.frequency in ("DAILY", "WEEKLY") or self.weekdays or self.month_day:
            return self
        return replace(self, month_day=due.day)

    def dates_after(self, moment: date, start: date) -> Iterator[date]:
        """The dates later than `moment`, in order, of a series that begins on `start`.

        The start decides in which weeks, months or years the dates are, and gives the day, the
        weekday and the month that the rule leaves open. A month without the day of the rule has
        its last day. `COUNT` is left to `Series`.
        """
        moment = max(moment, start)
        dates = rrule(
            FREQUENCIES[self.frequency],
            dtstart=midnight(self.move(start, moment)),
            interval=self.interval,
            until=midnight(min(self.until or LAST_DUE_DATE, LAST_DUE_DATE)),
            **self.days(start),
        )
        with suppress(ValueError):  # dateutil fails at the week that ends in the year 10000
            for found in dates.xafter(midnight(moment)):
                yield found.date()

    def move(self, start: date, moment: date) -> date:
        """A later start of the same series, within the last interval before `moment`."""
        if self.frequency in ("DAILY", "WEEKLY"):
            days = self.interval * (7 if self.frequency == "WEEKLY" else 1)
            return start + timedelta((moment - start).days // days * days)
        months = self.interval * (12 if self.frequency == "YEARLY" else 1)
        passed = (moment.year - start.year) * 12 + moment.month - start.month
        return start.replace(day=1) + relativedelta(months=passed // months * months)

    def days(self, start: date) -> Mapping[str, Any]:
        """The arguments of `rrule` that choose the days."""
        if self.weekdays:
            return {"byweekday": [weekday(day, self.nth) for day in self.weekdays]}
        if self.frequency in ("DAILY", "WEEKLY"):
            return {}
        month = {"bymonth": start.month} if self.frequency == "YEARLY" else {}
        day = self.month_day or start.day
        if day <= SHORTEST_MONTH:
            return {"bymonthday": day, **month}
        # The latest of these days that the month has.
        return {"bymonthday": range(SHORTEST_MONTH, day + 1), "bysetpos": -1, **month}


@dataclass(frozen=True)
class Series:
    """The occurrences of a task that repeats, from the current one on.

    The current due date and the rule decide all later dates: it is a date of the rule, or the date
    that the user wants the rule to begin with. So no other date is kept.
    """

    rule: Rule
    due: date
    number: int = 1  # of the current occurrence, counted since the rule was set
    from_completion: bool = False

    def next(self, today: date) -> date | None:
        """The due date after completing the current occurrence today; None if it is the last."""
        return next(self.coming(today), None)

    def coming(self, today: date) -> Iterator[date]:
        """The coming due dates, if this occurrence is completed today and each later one when due.

        Each is later than the one before, and the first later than today and the due date.
        """
        moment = max(self.due, today)
        if self.from_completion:
            return self.count_from_completions(moment, today)
        dates = self.rule.dates_after(moment, self.due)
        if self.rule.count is None:
            return dates
        return islice(dates, max(self.rule.count - self.number, 0))

    def count_from_completions(self, moment: date, completed: date) -> Iterator[date]:
        while (found := next(self.rule.dates_after(moment, completed), None)) is not None:
            yield found
            moment = completed = found


def read_rule(text: str, due: date, from_completion: bool = False) -> Rule:
    """The rule of a task with this due date. Raises `RuleError`."""
    rule = read_moved_rule(text, due, from_completion)
    if rule.until is not None and rule.until < due:
        raise RuleError("UNTIL", "Is before the due date.")
    return rule


def read_moved_rule(text: str, due: date, from_completion: bool = False) -> Rule:
    """Like `read_rule()`, but the due date may have been moved to any day since the rule was set.

    A rule that counts from completion has only a frequency and an interval.
    """
    rule = Rule.parse(text)
    if from_completion:
        for part in rule.parts:
            if part not in ("FREQ", "INTERVAL"):
                raise RuleError(part, "Not allowed when repeat_from is completion.")
        return rule
    return rule.pinned(due)


def split(text: str) -> dict[str, str]:
    """The parts of a rule, each in its form and in upper case. Raises `RuleError`."""
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.translate(UPPER).partition("=")
        if name not in FORMS:
            raise RuleError(name or "repeat", f"The parts of a rule are {', '.join(FORMS)}.")
        if name in parts:
            raise RuleError(name, "Given twice.")
        form, fault = FORMS[name]
        if not re.fullmatch(form, value, re.ASCII):
            raise RuleError(name, fault)
        parts[name] = value
    return parts


def check_combination(parts: Mapping[str, str]) -> None:
    frequency, days = parts.get("FREQ"), parts.get("BYDAY")
    if frequency is None:
        raise RuleError("FREQ", "This part is required.")
    if days is not None:
        if frequency != ("WEEKLY" if days[0].isalpha() else "MONTHLY"):
            raise RuleError("BYDAY", FORMS["BYDAY"][1])
        if len({*days.split(",")}) <= days.count(","):
            raise RuleError("BYDAY", "Has a day twice.")
    if "BYMONTHDAY" in parts:
        if frequency in ("DAILY", "WEEKLY"):
            raise RuleError("BYMONTHDAY", "Only allowed with MONTHLY and YEARLY.")
        if days is not None:
            raise RuleError("BYMONTHDAY", "Not allowed with BYDAY.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise RuleError("UNTIL", "Not allowed with COUNT.")


def read_date(text: str) -> date:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise RuleError("UNTIL", "There is no such date.") from None


def midnight(day: date) -> datetime:
    """The form in which `dateutil` takes a date."""
    return datetime.combine(day, time())
