from datetime import date

import pytest

from tasks.recurrence import read_rule
from tasks.repeat_text import describe

TEXTS = [
    ("FREQ=DAILY", "every day"),
    ("FREQ=DAILY;INTERVAL=3", "every 3 days"),
    ("FREQ=DAILY;COUNT=10", "every day, 10 times"),
    ("FREQ=DAILY;COUNT=1", "every day, once"),
    ("FREQ=DAILY;UNTIL=20261231", "every day, until 31 December 2026"),
    ("FREQ=WEEKLY", "every week on Saturday"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "every 2 weeks on Monday and Thursday"),
    ("FREQ=WEEKLY;BYDAY=SU,MO,FR", "every week on Monday, Friday and Sunday"),
    ("FREQ=MONTHLY", "every month on the 31st or the last day"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day"),
    ("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1", "every 2 months on the 1st"),
    ("FREQ=MONTHLY;BYMONTHDAY=2", "every month on the 2nd"),
    ("FREQ=MONTHLY;BYMONTHDAY=3", "every month on the 3rd"),
    ("FREQ=MONTHLY;BYMONTHDAY=12", "every month on the 12th"),
    ("FREQ=MONTHLY;BYMONTHDAY=22", "every month on the 22nd"),
    ("FREQ=MONTHLY;BYMONTHDAY=28", "every month on the 28th"),
    ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday"),
    ("FREQ=MONTHLY;BYDAY=2TU", "every month on the second Tuesday"),
    ("FREQ=YEARLY", "every year on 31 January"),
    ("FREQ=YEARLY;INTERVAL=4;BYMONTHDAY=-1", "every 4 years on the last day of January"),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_it_says_the_rule_in_english(text, expected):
    due = date(2026, 1, 31)

    assert describe(read_rule(text, due), due) == expected


def test_it_says_that_29_february_is_the_last_day_of_other_februaries():
    due = date(2028, 2, 29)

    assert describe(read_rule("FREQ=YEARLY", due), due) == "every year on the last day of February"


def test_it_says_that_the_rule_counts_from_completion():
    due = date(2028, 2, 29)

    text = describe(read_rule("FREQ=MONTHLY;INTERVAL=2", due, True), due, from_completion=True)

    assert text == "every 2 months after completion"
