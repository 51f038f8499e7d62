"""The dates of any rule, compared with a walk through the calendar day by day."""

from calendar import monthcalendar, monthrange
from datetime import date, timedelta
from itertools import islice

import pytest
from dateutil import rrule
from hypothesis import assume, given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import User
from tasks.dates import FIRST_DUE_DATE, LAST_DUE_DATE
from tasks.recurrence import Rule, Series, read_rule

INTERVALS = st.just(1) | st.integers(1, 99)
ENDS = st.just({}) | st.builds(dict, count=st.integers(1, 999)) | st.builds(dict, until=st.dates())
WEEKDAYS = st.integers(0, 6)
DAYS = st.one_of(
    st.fixed_dictionaries({"frequency": st.sampled_from(["DAILY", "WEEKLY"])}),
    st.fixed_dictionaries(
        {
            "frequency": st.just("WEEKLY"),
            "weekdays": st.sets(WEEKDAYS, min_size=1).map(sorted).map(tuple),
        }
    ),
    st.fixed_dictionaries(
        {
            "frequency": st.just("MONTHLY"),
            "weekdays": st.tuples(WEEKDAYS),
            "nth": st.sampled_from([1, 2, 3, 4, -1]),
        }
    ),
    st.fixed_dictionaries(
        {
            "frequency": st.sampled_from(["MONTHLY", "YEARLY"]),
            "month_day": st.none() | st.just(-1) | st.integers(1, 31),
        }
    ),
)
RULES = st.builds(
    lambda days, interval, end: Rule(interval=interval, **days, **end), DAYS, INTERVALS, ENDS
)
DUE_DATES = st.dates(FIRST_DUE_DATE, LAST_DUE_DATE)
NEAR = st.integers(-40, 400)  # days from the due date until it is completed


def is_reached(rule, start, day):
    """Whether the rule has a date in the week, month or year of this day."""
    if rule.frequency == "DAILY":
        return (day - start).days % rule.interval == 0
    if rule.frequency == "WEEKLY":
        mondays = [one - timedelta(one.weekday()) for one in (start, day)]
        return (mondays[1] - mondays[0]).days // 7 % rule.interval == 0
    if rule.frequency == "MONTHLY":
        return ((day.year - start.year) * 12 + day.month - start.month) % rule.interval == 0
    return day.month == start.month and (day.year - start.year) % rule.interval == 0


def is_chosen(rule, start, day):
    """Whether the rule takes this day of the week or the month."""
    if rule.frequency == "DAILY":
        return True
    if rule.frequency == "WEEKLY":
        return day.weekday() in (rule.weekdays or [start.weekday()])
    if rule.weekdays:
        weeks = [week[rule.weekdays[0]] for week in monthcalendar(day.year, day.month)]
        days = [one for one in weeks if one]
        return day.day == days[rule.nth if rule.nth < 0 else rule.nth - 1]
    last = monthrange(day.year, day.month)[1]
    wanted = rule.month_day or start.day
    return day.day == (last if wanted == -1 else min(wanted, last))


def walk(rule, start, moment):
    """The first date of the rule after a day, without dateutil."""
    day = moment
    while day < min(rule.until or LAST_DUE_DATE, LAST_DUE_DATE):
        day += timedelta(1)
        if is_reached(rule, start, day) and is_chosen(rule, start, day):
            return day
    return None


@given(RULES, DUE_DATES, NEAR)
def test_the_next_date_is_the_first_that_a_walk_through_the_calendar_finds(rule, due, passed):
    assume(due + timedelta(passed) <= LAST_DUE_DATE)
    moment = max(due, due + timedelta(passed))

    found = next(rule.dates_after(moment, due), None)

    assert found == walk(rule, due, moment)


@given(RULES, DUE_DATES, st.dates(), st.booleans())
def test_the_coming_dates_increase_and_are_never_past(rule, due, today, from_completion):
    coming = list(islice(Series(rule, due, 1, from_completion).coming(today), 20))

    before = [max(due, today), *coming]
    assert all(one < other for one, other in zip(before, coming, strict=False))
    assert all(day <= LAST_DUE_DATE for day in coming)


@given(RULES, DUE_DATES, DUE_DATES, st.booleans())
def test_completing_on_time_gives_the_coming_dates(rule, due, today, from_completion):
    rule = rule if from_completion else rule.pinned(due)
    expected = list(islice(Series(rule, due, 1, from_completion).coming(today), 20))

    dates, number = [], 1
    while len(dates) < 20 and (due := Series(rule, due, number, from_completion).next(today)):
        dates.append(due)
        number, today = number + 1, due

    assert dates == expected


@given(RULES, DUE_DATES)
def test_the_canonical_text_parses_to_itself(rule, due):
    assume(rule.until is None or rule.until >= due)
    text = str(rule.pinned(due))

    assert str(Rule.parse(text)) == text
    assert str(read_rule(text.lower(), due)) == text
    assert Rule.parse(str(rule)) == rule


@given(RULES, DUE_DATES, DUE_DATES, DUE_DATES)
def test_a_rule_keeps_its_dates_wherever_it_continues(rule, due, today, later):
    """No date but the current due date is needed: a moved due date changes no later one."""
    rule = rule.pinned(due)
    moved = Series(rule, due).next(today)
    assume(moved is not None)

    assert next(rule.dates_after(max(moved, later), moved), None) == next(
        rule.dates_after(max(moved, later), due), None
    )


@given(RULES, DUE_DATES, st.dates(), st.booleans())
def test_a_next_date_takes_at_most_three_steps(rule, due, today, from_completion):
    """Each step is a day, a week, a month or a year that dateutil looks at."""
    steps, rebuild = [], rrule._iterinfo.rebuild
    rrule._iterinfo.rebuild = lambda *place: (steps.append(place), rebuild(*place))
    try:
        Series(rule, due, 1, from_completion).next(today)
    finally:
        rrule._iterinfo.rebuild = rebuild

    assert len(steps) <= 3


@pytest.mark.django_db
@given(RULES, DUE_DATES, st.none() | st.times())
def test_undo_restores_every_member(rule, due, time):
    assume(rule.until is None or rule.until >= due)
    client = APIClient()
    client.force_authenticate(User.objects.get_or_create(email="undo@example.com")[0])
    due_time = time and time.strftime("%H:%M:%S")
    body = {"title": "Read", "due_date": str(due), "due_time": due_time, "repeat": str(rule)}
    before = client.post("/api/tasks", body).json()
    path = f"/api/tasks/{before['id']}/complete"

    done = client.patch(path, {"completed": True, "occurrence": 1}).json()
    after = client.patch(path, {"completed": False, "occurrence": 1}).json()

    assert done["occurrence"] == 2
    assert done["completed"] or done["due_date"] > before["due_date"]
    changed = {"revision", "updated_at"}
    assert {**after, **{name: before[name] for name in changed}} == before


def test_the_walk_knows_a_date_from_a_printed_calendar():
    assert walk(Rule("MONTHLY", weekdays=(4,), nth=-1), date(2026, 11, 27), date(2026, 12, 25)) == (
        date(2027, 1, 29)
    )
