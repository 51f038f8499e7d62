"""The dates of rules. All tables were made by hand, with Python's `calendar` for the weekdays."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice, product

import pytest
from dateutil import rrule

from accounts.models import User
from tasks.recurrence import Rule, Series, read_rule
from tasks.rule_parts import RuleError

# The rule, the due date, and the due dates that follow when each occurrence is completed on time.
# "end" is where the series ends; after the other lists it goes on.
ON_TIME = [
    # Days over the ends of months and years, in years with and without a leap day.
    ("FREQ=DAILY", "2026-12-01", "2026-12-02 2026-12-03 2026-12-04"),
    ("FREQ=DAILY;INTERVAL=3", "2026-12-30", "2027-01-02 2027-01-05"),
    ("FREQ=DAILY", "2028-02-28", "2028-02-29 2028-03-01"),
    ("FREQ=DAILY", "2000-02-28", "2000-02-29 2000-03-01"),
    ("FREQ=DAILY", "2100-02-28", "2100-03-01 2100-03-02"),
    ("FREQ=DAILY;INTERVAL=99", "2026-01-01", "2026-04-10 2026-07-18"),
    ("FREQ=DAILY", "9998-12-30", "9998-12-31 end"),
    # Weeks. 1 December 2026 is a Tuesday; weeks begin on Monday.
    ("FREQ=WEEKLY", "2026-12-01", "2026-12-08 2026-12-15"),
    ("FREQ=WEEKLY;BYDAY=MO,TH", "2026-11-30", "2026-12-03 2026-12-07 2026-12-10"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "2026-11-30", "2026-12-03 2026-12-14 2026-12-17"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "2026-12-03", "2026-12-14 2026-12-17 2026-12-28"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO", "2026-12-06", "2026-12-14 2026-12-20 2026-12-28"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU,MO", "2026-12-05", "2026-12-06 2026-12-14 2026-12-19"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE,FR", "2026-12-30", "2027-01-01 2027-01-13 2027-01-15"),
    ("FREQ=WEEKLY;INTERVAL=3", "2026-12-16", "2027-01-06 2027-01-27"),
    ("FREQ=WEEKLY;INTERVAL=52", "2026-12-28", "2027-12-27 2028-12-25"),
    ("FREQ=WEEKLY;INTERVAL=99", "2026-01-01", "2027-11-25"),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "2026-12-03", "2026-12-04 2026-12-07 2026-12-08"),
    # The due date does not fit the rule.
    ("FREQ=WEEKLY;BYDAY=FR", "2026-12-01", "2026-12-04 2026-12-11"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "2026-12-01", "2026-12-14 2026-12-28"),
    ("FREQ=MONTHLY;BYMONTHDAY=15", "2026-01-10", "2026-01-15 2026-02-15"),
    ("FREQ=MONTHLY;BYMONTHDAY=5", "2026-01-10", "2026-02-05 2026-03-05"),
    ("FREQ=MONTHLY;BYDAY=3WE", "2026-12-01", "2026-12-16 2027-01-20"),
    ("FREQ=YEARLY;BYMONTHDAY=15", "2026-03-10", "2026-03-15 2027-03-15"),
    ("FREQ=YEARLY;BYMONTHDAY=5", "2026-03-10", "2027-03-05 2028-03-05"),
    # Short months have their last day, and the day comes back.
    ("FREQ=MONTHLY", "2026-01-31", "2026-02-28 2026-03-31 2026-04-30 2026-05-31 2026-06-30"),
    ("FREQ=MONTHLY", "2028-01-31", "2028-02-29 2028-03-31 2028-04-30"),
    ("FREQ=MONTHLY", "2000-01-31", "2000-02-29 2000-03-31"),
    ("FREQ=MONTHLY", "2100-01-31", "2100-02-28 2100-03-31"),
    ("FREQ=MONTHLY", "2026-01-30", "2026-02-28 2026-03-30 2026-04-30"),
    ("FREQ=MONTHLY", "2026-01-29", "2026-02-28 2026-03-29"),
    ("FREQ=MONTHLY", "2028-01-29", "2028-02-29 2028-03-29"),
    ("FREQ=MONTHLY", "2026-01-28", "2026-02-28 2026-03-28"),
    ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-02-28", "2026-03-31 2026-04-30"),
    ("FREQ=MONTHLY;BYMONTHDAY=30", "2028-02-29", "2028-03-30 2028-04-30"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-02-28", "2026-03-31 2026-04-30"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-31", "2028-02-29 2028-03-31"),
    # The phase of an interval over the ends of years.
    ("FREQ=MONTHLY;INTERVAL=2", "2026-12-31", "2027-02-28 2027-04-30 2027-06-30 2027-08-31"),
    ("FREQ=MONTHLY;INTERVAL=5", "2026-10-15", "2027-03-15 2027-08-15 2028-01-15"),
    ("FREQ=MONTHLY;INTERVAL=12", "2028-02-29", "2029-02-28 2030-02-28 2031-02-28 2032-02-29"),
    ("FREQ=MONTHLY;INTERVAL=99", "2026-01-31", "2034-04-30 2042-07-31"),
    ("FREQ=MONTHLY", "9998-11-30", "9998-12-30 end"),
    # Weekdays of the month; January 2027 has five Fridays.
    ("FREQ=MONTHLY;BYDAY=-1FR", "2026-11-27", "2026-12-25 2027-01-29 2027-02-26"),
    ("FREQ=MONTHLY;BYDAY=4FR", "2026-12-25", "2027-01-22 2027-02-26"),
    ("FREQ=MONTHLY;BYDAY=1MO", "2026-12-07", "2027-01-04 2027-02-01 2027-03-01"),
    ("FREQ=MONTHLY;INTERVAL=3;BYDAY=-1SU", "2026-11-29", "2027-02-28 2027-05-30 2027-08-29"),
    ("FREQ=MONTHLY;INTERVAL=99;BYDAY=4FR", "2026-12-25", "2035-03-23"),
    # 29 February, also around 2100, which has none.
    ("FREQ=YEARLY", "2024-02-29", "2025-02-28 2026-02-28 2027-02-28 2028-02-29"),
    ("FREQ=YEARLY;INTERVAL=4", "2096-02-29", "2100-02-28 2104-02-29"),
    ("FREQ=YEARLY;INTERVAL=2", "2098-02-28", "2100-02-28 2102-02-28"),
    ("FREQ=YEARLY;BYMONTHDAY=-1", "2027-02-28", "2028-02-29 2029-02-28"),
    ("FREQ=YEARLY;BYMONTHDAY=31", "2026-04-30", "2027-04-30 2028-04-30"),
    ("FREQ=YEARLY", "2026-12-31", "2027-12-31 2028-12-31"),
    ("FREQ=YEARLY;INTERVAL=99", "1970-02-28", "2069-02-28 2168-02-28"),
    ("FREQ=YEARLY;INTERVAL=9", "9990-06-01", "end"),
    ("FREQ=WEEKLY;INTERVAL=53;BYDAY=SU", "9998-12-27", "end"),
    # The last occurrence: the due date is the first of COUNT, UNTIL is inclusive.
    ("FREQ=DAILY;COUNT=3", "2026-12-01", "2026-12-02 2026-12-03 end"),
    ("FREQ=DAILY;COUNT=1", "2026-12-01", "end"),
    ("FREQ=WEEKLY;BYDAY=MO;COUNT=2", "2026-12-01", "2026-12-07 end"),
    ("FREQ=DAILY;UNTIL=20261203", "2026-12-01", "2026-12-02 2026-12-03 end"),
    ("FREQ=DAILY;UNTIL=20261201", "2026-12-01", "end"),
    ("FREQ=DAILY;INTERVAL=2;UNTIL=20261204", "2026-12-01", "2026-12-03 end"),
    ("FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20261207", "2026-11-30", "2026-12-03 2026-12-07 end"),
    ("FREQ=MONTHLY;UNTIL=20260228", "2026-01-31", "2026-02-28 end"),
    ("FREQ=MONTHLY;UNTIL=20260227", "2026-01-31", "end"),
    ("FREQ=YEARLY;UNTIL=20250228", "2024-02-29", "2025-02-28 end"),
]

# The rule, the due date, the day of completing, the next due date.
EARLY_OR_LATE = [
    ("FREQ=DAILY", "2026-12-10", "2026-12-01", "2026-12-11"),
    ("FREQ=DAILY", "2026-12-01", "2026-12-15", "2026-12-16"),
    ("FREQ=DAILY", "1970-01-01", "9998-12-30", "9998-12-31"),
    ("FREQ=DAILY;INTERVAL=2", "2026-12-01", "2026-12-14", "2026-12-15"),
    ("FREQ=DAILY;INTERVAL=2", "2026-12-01", "2026-12-15", "2026-12-17"),
    ("FREQ=DAILY;INTERVAL=14", "2026-12-01", "2027-03-01", "2027-03-09"),
    ("FREQ=DAILY;COUNT=2", "2026-12-01", "2026-12-15", "2026-12-16"),
    ("FREQ=DAILY;UNTIL=20261210", "2026-12-01", "2026-12-10", None),
    ("FREQ=DAILY;UNTIL=20261210", "2026-12-01", "2026-12-09", "2026-12-10"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "2026-11-30", "2026-12-08", "2026-12-14"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "2026-11-30", "2026-12-13", "2026-12-14"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "2026-11-30", "2026-12-14", "2026-12-17"),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "2026-12-04", "2026-12-06", "2026-12-07"),
    ("FREQ=MONTHLY", "2026-01-31", "2025-12-01", "2026-02-28"),
    ("FREQ=MONTHLY", "2026-01-31", "2026-02-27", "2026-02-28"),
    ("FREQ=MONTHLY", "2026-01-31", "2026-02-28", "2026-03-31"),
    ("FREQ=MONTHLY", "2026-01-31", "2027-06-15", "2027-06-30"),
    ("FREQ=MONTHLY;BYMONTHDAY=5", "2026-01-31", "2026-02-03", "2026-02-05"),
    ("FREQ=MONTHLY;INTERVAL=2", "2026-01-31", "2026-04-15", "2026-05-31"),
    ("FREQ=MONTHLY;INTERVAL=2", "2026-01-31", "2026-05-31", "2026-07-31"),
    ("FREQ=MONTHLY;BYDAY=-1FR", "2026-11-27", "2027-01-28", "2027-01-29"),
    ("FREQ=YEARLY", "2020-02-29", "2023-02-27", "2023-02-28"),
    ("FREQ=YEARLY", "2020-02-29", "2023-02-28", "2024-02-29"),
    ("FREQ=YEARLY;INTERVAL=3", "2026-07-04", "2030-01-01", "2032-07-04"),
]

# The same, counted from the day of completing.
FROM_COMPLETION = [
    ("FREQ=DAILY;INTERVAL=3", "2026-12-01", "2026-12-05", "2026-12-08"),
    ("FREQ=DAILY;INTERVAL=3", "2026-12-01", "2026-12-01", "2026-12-04"),
    ("FREQ=WEEKLY", "2026-12-01", "2026-12-04", "2026-12-11"),
    ("FREQ=MONTHLY", "2026-03-01", "2026-03-31", "2026-04-30"),
    ("FREQ=MONTHLY", "2026-01-31", "2026-02-28", "2026-03-28"),
    ("FREQ=MONTHLY;INTERVAL=2", "2026-12-01", "2026-12-31", "2027-02-28"),
    ("FREQ=YEARLY", "2024-01-15", "2024-02-29", "2025-02-28"),
    # Before the due date: the first date that is later than it.
    ("FREQ=DAILY;INTERVAL=10", "2026-12-05", "2026-12-01", "2026-12-11"),
    ("FREQ=DAILY;INTERVAL=3", "2026-12-10", "2026-12-01", "2026-12-13"),
]


def follow(text, due, from_completion=False):
    """The due dates of a task whose occurrences are each completed on time."""
    rule, number = read_rule(text, due, from_completion), 1
    while due is not None:
        due = Series(rule, due, number, from_completion).next(due)
        number += 1
        yield str(due or "end")


def read(text):
    return None if text is None else date.fromisoformat(text)


@pytest.mark.parametrize(("text", "due", "expected"), ON_TIME)
def test_completing_on_time_gives_the_dates_of_the_rule(text, due, expected):
    dates = list(islice(follow(text, read(due)), len(expected.split())))

    assert " ".join(dates) == expected


@pytest.mark.parametrize(("text", "due", "expected"), ON_TIME)
def test_the_coming_dates_are_those_of_completing_on_time(text, due, expected):
    due, wanted = read(due), expected.split()
    coming = Series(read_rule(text, due), due).coming(due)

    dates = [str(day) for day in islice(coming, len(wanted))]

    assert dates + ["end"] * (len(wanted) - len(dates)) == wanted


@pytest.mark.parametrize(("text", "due", "today", "expected"), EARLY_OR_LATE)
def test_the_next_date_is_after_the_due_date_and_today(text, due, today, expected):
    due = read(due)

    assert Series(read_rule(text, due), due).next(read(today)) == read(expected)


@pytest.mark.parametrize(("text", "due", "today", "expected"), FROM_COMPLETION)
def test_it_counts_from_the_day_of_completing(text, due, today, expected):
    due = read(due)

    series = Series(read_rule(text, due, from_completion=True), due, from_completion=True)

    assert series.next(read(today)) == read(expected)


def test_each_coming_date_counts_from_the_one_before_when_counted_from_completion():
    series = Series(Rule("MONTHLY"), date(2026, 1, 31), from_completion=True)

    dates = [str(day) for day in islice(series.coming(date(2026, 1, 31)), 3)]

    assert dates == ["2026-02-28", "2026-03-28", "2026-04-28"]


def unlimited():
    """The rules of the table without an end."""
    return sorted({(re.sub(";(COUNT|UNTIL)=.*", "", text), due) for text, due, _ in ON_TIME})


@pytest.mark.parametrize(("text", "due"), unlimited())
def test_the_last_date_is_that_of_a_walk_but_takes_few_dates(text, due, monkeypatch):
    due, taken, walk = read(due), [], Rule.dates_after
    monkeypatch.setattr(
        Rule,
        "dates_after",
        lambda *arguments: (taken.append(day) or day for day in walk(*arguments)),
    )

    for count, number in product([1, 2, 3, 4, 15, 100, 999], [1, 2]):
        series = Series(replace(read_rule(text, due), count=count), due, number)
        wanted = max([due, *series.coming(due)])
        taken.clear()

        assert series.last() == wanted, (count, number)
        assert len(taken) < 25, (count, number)


# When it is 10:30 UTC on the 15th, it is the 16th in Kiritimati and 03:30 on the 15th in Los
# Angeles. Samoa had no 30 December 2011: a second after 23:59:59 on the 29th it was the 31st.
IN_ZONES = [
    ("Pacific/Kiritimati", datetime(2026, 6, 15, 9, 59, tzinfo=UTC), "2026-06-16"),
    ("Pacific/Kiritimati", datetime(2026, 6, 15, 10, 0, tzinfo=UTC), "2026-06-17"),
    ("America/Los_Angeles", datetime(2026, 6, 15, 6, 59, tzinfo=UTC), "2026-06-15"),
    ("America/Los_Angeles", datetime(2026, 6, 15, 7, 0, tzinfo=UTC), "2026-06-16"),
    ("Pacific/Apia", datetime(2011, 12, 30, 9, 59, 59, tzinfo=UTC), "2011-12-30"),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, 0, tzinfo=UTC), "2012-01-01"),
]


@pytest.mark.parametrize(("zone", "now", "expected"), IN_ZONES)
@pytest.mark.parametrize("from_completion", [True, False])
def test_today_is_the_owners_day(zone, now, expected, from_completion):
    today = User(timezone=zone).local_time(now).date()

    series = Series(Rule("DAILY"), date(2011, 12, 1), from_completion=from_completion)

    assert str(series.next(today)) == expected


def test_an_occurrence_on_a_day_that_the_zone_skipped_is_moved_like_any_other():
    series = Series(Rule("DAILY"), date(2011, 12, 30))

    assert series.next(date(2011, 12, 31)) == date(2012, 1, 1)


def test_count_is_counted_from_the_occurrence_at_which_the_rule_was_set():
    rule, due = Rule("DAILY", count=3), date(2026, 12, 1)

    assert len([*Series(rule, due, number=1).coming(due)]) == 2
    assert len([*Series(rule, due, number=3).coming(due)]) == 0
    assert len([*Series(rule, due, number=9).coming(due)]) == 0


CANONICAL = [
    ("FREQ=DAILY", "FREQ=DAILY"),
    ("freq=weekly;byday=mo,th", "FREQ=WEEKLY;BYDAY=MO,TH"),
    ("FREQ=DAILY;INTERVAL=1", "FREQ=DAILY"),
    ("COUNT=5;INTERVAL=2;FREQ=DAILY", "FREQ=DAILY;INTERVAL=2;COUNT=5"),
    ("UNTIL=20301231;FREQ=WEEKLY;BYDAY=SU,MO", "FREQ=WEEKLY;BYDAY=MO,SU;UNTIL=20301231"),
    ("FREQ=WEEKLY", "FREQ=WEEKLY"),
    ("FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=31"),
    ("FREQ=MONTHLY;COUNT=9", "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=9"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=MONTHLY;BYMONTHDAY=-1"),
    ("FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYDAY=-1FR"),
    ("FREQ=YEARLY;INTERVAL=99", "FREQ=YEARLY;INTERVAL=99;BYMONTHDAY=31"),
    ("FREQ=YEARLY;UNTIL=99991231", "FREQ=YEARLY;BYMONTHDAY=31;UNTIL=99991231"),
]


@pytest.mark.parametrize(("text", "canonical"), CANONICAL)
def test_the_canonical_text_keeps_the_day_and_means_the_same(text, canonical):
    rule = read_rule(text, date(2026, 1, 31))

    assert str(rule) == canonical
    assert Rule.parse(canonical) == rule


# The part that the error names, and the rule.
OUTSIDE_THE_GRAMMAR = [
    ("repeat", ""),
    ("repeat", "FREQ=DAILY;"),
    ("FREQ", "INTERVAL=2"),
    ("FREQ", "FREQ"),
    ("FREQ", "FREQ="),
    ("FREQ", "FREQ=SECONDLY"),
    ("FREQ", "FREQ=HOURLY"),
    ("FREQ", "FREQ=DAILY,WEEKLY"),
    ("FREQ", "FREQ=DAILY;FREQ=WEEKLY"),
    ("FREQ", "FREQ=DAILY "),
    ("FREQ", "FREQ==DAILY"),
    ("RRULE:FREQ", "RRULE:FREQ=DAILY"),
    ("DTSTART:20260101\nRRULE:FREQ", "DTSTART:20260101\nRRULE:FREQ=DAILY"),
    ("FREQ", "FREQ=DAILY\nEXDATE:20260102"),
    ("EXDATE", "FREQ=DAILY;EXDATE=20260102"),
    (" INTERVAL", "FREQ=DAILY; INTERVAL=2"),
    ("BYEASTER", "FREQ=YEARLY;BYEASTER=0"),
    ("BYSETPOS", "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=1"),
    ("BYMONTH", "FREQ=YEARLY;BYMONTH=2"),
    ("WKST", "FREQ=WEEKLY;WKST=SU"),
    ("X-NAME", "FREQ=WEEKLY;X-NAME=1"),
    ("\u0131NTERVAL", "FREQ=DAILY;\u0131NTERVAL=2"),  # upper() makes it INTERVAL
    ("INTERVAL", "FREQ=DAILY;INTERVAL=0"),
    ("INTERVAL", "FREQ=DAILY;INTERVAL=100"),
    ("INTERVAL", "FREQ=DAILY;INTERVAL=-1"),
    ("INTERVAL", "FREQ=DAILY;INTERVAL=02"),
    ("INTERVAL", "FREQ=DAILY;INTERVAL=1.5"),
    ("INTERVAL", "FREQ=DAILY;INTERVAL=\u0662"),
    ("BYDAY", "FREQ=DAILY;BYDAY=MO"),
    ("BYDAY", "FREQ=YEARLY;BYDAY=MO"),
    ("BYDAY", "FREQ=YEARLY;BYDAY=1MO"),
    ("BYDAY", "FREQ=WEEKLY;BYDAY=1MO"),
    ("BYDAY", "FREQ=WEEKLY;BYDAY=MO,"),
    ("BYDAY", "FREQ=WEEKLY;BYDAY=MO,MO"),
    ("BYDAY", "FREQ=WEEKLY;BYDAY=MONDAY"),
    ("BYDAY", "FREQ=MONTHLY;BYDAY=MO"),
    ("BYDAY", "FREQ=MONTHLY;BYDAY=5MO"),
    ("BYDAY", "FREQ=MONTHLY;BYDAY=0MO"),
    ("BYDAY", "FREQ=MONTHLY;BYDAY=-2MO"),
    ("BYDAY", "FREQ=MONTHLY;BYDAY=+1MO"),
    ("BYDAY", "FREQ=MONTHLY;BYDAY=1MO,3MO"),
    ("BYMONTHDAY", "FREQ=MONTHLY;BYMONTHDAY=32"),
    ("BYMONTHDAY", "FREQ=MONTHLY;BYMONTHDAY=0"),
    ("BYMONTHDAY", "FREQ=MONTHLY;BYMONTHDAY=-2"),
    ("BYMONTHDAY", "FREQ=MONTHLY;BYMONTHDAY=1,15"),
    ("BYMONTHDAY", "FREQ=DAILY;BYMONTHDAY=1"),
    ("BYMONTHDAY", "FREQ=WEEKLY;BYMONTHDAY=1"),
    ("BYMONTHDAY", "FREQ=MONTHLY;BYDAY=1FR;BYMONTHDAY=31"),  # would never match
    ("COUNT", "FREQ=DAILY;COUNT=0"),
    ("COUNT", "FREQ=DAILY;COUNT=1000"),
    ("COUNT", "FREQ=DAILY;COUNT=1\u0662"),
    ("UNTIL", "FREQ=DAILY;COUNT=5;UNTIL=20301231"),
    ("UNTIL", "FREQ=DAILY;UNTIL=2030-12-31"),
    ("UNTIL", "FREQ=DAILY;UNTIL=20301231T000000Z"),
    ("UNTIL", "FREQ=DAILY;UNTIL=20300230"),
    ("UNTIL", "FREQ=DAILY;UNTIL=00000101"),
    ("UNTIL", "FREQ=DAILY;UNTIL=20260130"),  # before the due date
]


@pytest.mark.parametrize(("part", "text"), OUTSIDE_THE_GRAMMAR)
def test_it_names_the_part_that_is_outside_the_grammar(part, text):
    with pytest.raises(RuleError) as raised:
        read_rule(text, date(2026, 1, 31))

    assert raised.value.part == part
    assert str(raised.value).startswith(f"{part}: ")


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("BYDAY", "FREQ=WEEKLY;BYDAY=MO"),
        ("BYMONTHDAY", "FREQ=MONTHLY;BYMONTHDAY=1"),
        ("COUNT", "FREQ=DAILY;COUNT=5"),
        ("UNTIL", "FREQ=DAILY;UNTIL=20301231"),
    ],
)
def test_a_rule_counted_from_completion_has_only_a_frequency_and_an_interval(part, text):
    with pytest.raises(RuleError) as raised:
        read_rule(text, date(2026, 1, 31), from_completion=True)

    assert raised.value.part == part
    assert str(read_rule("FREQ=MONTHLY", date(2026, 1, 31), from_completion=True)) == "FREQ=MONTHLY"


# Rules that take dateutil seconds when it walks through the series from its beginning.
FAR = [
    ("FREQ=DAILY", "1900-01-01"),
    ("FREQ=DAILY", "0001-01-01"),
    ("FREQ=DAILY;INTERVAL=2", "0001-01-02"),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "0001-01-01"),
    ("FREQ=WEEKLY;INTERVAL=99;BYDAY=SU", "0001-01-01"),
    ("FREQ=MONTHLY;BYMONTHDAY=31", "0001-01-31"),
    ("FREQ=MONTHLY;BYDAY=4FR;INTERVAL=99", "1970-01-01"),
    ("FREQ=YEARLY", "1904-02-29"),
    ("FREQ=YEARLY;INTERVAL=99", "0004-02-29"),
]


@pytest.mark.parametrize(("text", "early"), FAR)
@pytest.mark.parametrize("late", ["2026-12-01", "9998-01-01", "9999-12-31"])
@pytest.mark.parametrize("from_completion", [True, False])
def test_the_next_date_takes_at_most_three_steps_however_far_it_is(
    monkeypatch, text, early, late, from_completion
):
    steps, rebuild = [], rrule._iterinfo.rebuild
    monkeypatch.setattr(
        rrule._iterinfo, "rebuild", lambda *place: (steps.append(place), rebuild(*place))
    )
    # It counts from the due date, or from today.
    start, other = read(early), read(late)
    due, today = (other, start) if from_completion else (start, other)

    Series(Rule.parse(text).pinned(start), due, from_completion=from_completion).next(today)

    assert 1 <= len(steps) <= 3  # dateutil calls it for each day, week, month or year it looks at
