"""Rules by which a task repeats: a small part of RFC 5545, on calendar dates without a time zone.

`Rule` is the rule itself. `Series` is a rule with the due date that it continues from. All dates
come from `dateutil`. It walks through a series one interval at a time, so a series that began long
ago is first moved by whole intervals close to the date that is asked for.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from string import ascii_uppercase
from typing import Any, Self

from dateutil.relativedelta import relativedelta
from dateutil.rrule import rrule, weekday

from .dates import LAST_DUE_DATE
from .rule_parts import FORMS, FREQUENCIES, WEEKDAYS, RuleError, check_combination, read_date, split

SHORTEST_MONTH = 28
MOST_CHARACTERS = 100  # of a stored rule


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
        if self.is_in_days:
            return start + timedelta((moment - start).days // self.length * self.length)
        passed = months_between(start, moment) // self.length * self.length
        return start.replace(day=1) + relativedelta(months=passed)

    @property
    def is_in_days(self) -> bool:
        return self.frequency in ("DAILY", "WEEKLY")

    @property
    def length(self) -> int:
        """Of the interval: days of a daily or weekly rule, months of a monthly or yearly one."""
        return self.interval * {"WEEKLY": 7, "YEARLY": 12}.get(self.frequency, 1)

    def skip(self, start: date, count: int) -> tuple[date, int]:
        """Skips most of the first `count` dates after `start`. Gives a date and how many it skips.

        All whole intervals have the same number of dates, so it takes no walk. At least one date
        of these, if there is one, is later.
        """
        if self.is_in_days:
            each = max(len(self.weekdays), 1)
            most = (LAST_DUE_DATE - start).days // self.length
            intervals = max(min(count // each, most) - 1, 0)
            return start + timedelta(intervals * self.length), intervals * each
        most = months_between(start, LAST_DUE_DATE) // self.length
        intervals = max(min(count, most) - 1, 0)
        if not intervals:
            return start, 0
        first = next(self.dates_after(start, start))
        later = start.replace(day=1) + relativedelta(months=intervals * self.length)
        is_in_first_month = months_between(start, first) == 0
        return later - timedelta(1), intervals - 1 + is_in_first_month

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

    def last(self) -> date:
        """The due date of the last occurrence of a rule with `COUNT`."""
        left = max((self.rule.count or 0) - self.number, 0)
        moment, skipped = self.rule.skip(self.due, left)
        dates = self.rule.dates_after(moment, self.due)
        return max([self.due, *islice(dates, left - skipped)])

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


def months_between(start: date, end: date) -> int:
    """Counts the changes of the month."""
    return (end.year - start.year) * 12 + end.month - start.month


def midnight(day: date) -> datetime:
    """The form in which `dateutil` takes a date."""
    return datetime.combine(day, time())
