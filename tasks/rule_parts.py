"""The parts of a rule and what each may be. A rule is a small part of RFC 5545, section 3.3.10."""

import re
from collections.abc import Mapping
from datetime import date
from string import ascii_lowercase, ascii_uppercase
from typing import Literal

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY

FREQUENCIES: dict[str, Literal[0, 1, 2, 3]] = {
    "DAILY": DAILY,
    "WEEKLY": WEEKLY,
    "MONTHLY": MONTHLY,
    "YEARLY": YEARLY,
}
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
LONGEST = 1_000  # characters, far more than any rule has
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


def split(text: str) -> dict[str, str]:
    """The parts of a rule, each in its form and in upper case. Raises `RuleError`."""
    if len(text) > LONGEST:
        raise RuleError("repeat", f"Must have at most {LONGEST} characters.")
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
