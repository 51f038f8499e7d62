"""A user's open tasks with a due date as iCalendar (RFC 5545)."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from icalendar import (
    Event,
    Timezone,
    Todo,
    vCategory,
    vDatetime,
    vDDDLists,
    vDDDTypes,
    vDuration,
    vInt,
    vText,
)
from icalendar.parser import Contentline

from accounts.models import User
from tasks.models import Task
from todo_project.server.snapshots import snapshot

from .batches import in_batches
from .rules import write_rule

HEAD = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Todo API//Tasks//EN",
    "CALSCALE:GREGORIAN",
    "X-WR-CALNAME:Tasks",
    "REFRESH-INTERVAL;VALUE=DURATION:PT5M",
    "X-PUBLISHED-TTL:PT5M",
]
MOMENT = vDuration(timedelta(minutes=30))  # of a task at a time: calendars hide shorter events
make_line: Any = Contentline
FOLDED = 75  # bytes from which a line is folded
MOST = 2**31 - 1  # the largest INTEGER of RFC 5545
PRIORITIES: dict[int, int] = {Task.Priority.HIGH: 1, Task.Priority.MEDIUM: 5, Task.Priority.LOW: 9}
# The transitions of these years are listed. Offsets of later ones are those of the last.
ZONE_YEARS = date(1970, 1, 1), date(2050, 1, 1)


def write_calendar(user: User, kind: str) -> Iterator[bytes]:
    """The calendar, a batch at a time. `kind` is `event` or `todo`."""
    zone, make = ZoneInfo(user.timezone), MAKERS[kind]
    yield "".join(f"{line}\r\n" for line in HEAD).encode()
    if user.timezone != "UTC":
        yield write_zone(user.timezone)
    tasks = Task.objects.filter(owner=user).live().pending().dated()
    with snapshot():
        for batch in in_batches(tasks.select_related("parent")):
            yield b"".join(line for task in batch for line in write_lines(make(task, zone)))
    yield b"END:VCALENDAR\r\n"


def write_lines(component: Any) -> Iterator[bytes]:
    """As `to_ical` does, but faster: that looks at each character, also of a short line."""
    for name, value in component.property_items(sorted=False):
        text, parameters = value, b""
        if not isinstance(value, bytes):  # other than BEGIN and END
            text, parameters = value.to_ical(), value.params.to_ical(sorted=False)
        head = name.encode() + (b";" + parameters if parameters else b"")
        line = head + b":" + text
        if len(line) >= FOLDED:
            line = make_line(line.decode()).to_ical()
        yield line + b"\r\n"


@lru_cache(100)
def write_zone(name: str) -> bytes:
    """The VTIMEZONE, from the same data that decides what is overdue."""
    zone = Timezone.from_tzinfo(ZoneInfo(name), name, *ZONE_YEARS)
    for part in zone.subcomponents:
        set_onsets(part)
    text: bytes = zone.to_ical()
    return text


def set_onsets(part: Any) -> None:
    """Give the onsets on the clock before the change, as RFC 5545, section 3.6.5, has them.

    The library has the first time that exists after clocks were put forward.
    """
    gap = part.TZOFFSETTO - part.TZOFFSETFROM
    if gap > timedelta():
        part.DTSTART -= gap
        if "RDATE" in part:
            part["RDATE"] = vDDDLists([value.dt - gap for value in part["RDATE"].dts])


def make_event(task: Task, zone: ZoneInfo) -> Event:
    event = Event()
    describe(event, task)
    event["DTSTART"] = vDDDTypes(when(task, zone))
    if task.due_time:
        event["DURATION"] = MOMENT
    if rule := write_rule(task, zone):
        event["RRULE"] = rule
    event["TRANSP"] = vText("TRANSPARENT")  # a task does not make its owner busy
    return event


def make_todo(task: Task, zone: ZoneInfo) -> Todo:
    todo = Todo()
    describe(todo, task)
    todo["DUE"] = vDDDTypes(when(task, zone))
    if rule := write_rule(task, zone):
        todo["DTSTART"], todo["RRULE"] = todo["DUE"], rule
    todo["STATUS"] = vText("NEEDS-ACTION")
    parent: Any = task.parent
    if parent:
        todo["RELATED-TO"] = vText(str(uid(parent)))
    return todo


MAKERS: dict[str, Callable[[Task, ZoneInfo], Any]] = {"event": make_event, "todo": make_todo}


def describe(component: Any, task: Task) -> None:
    """Sets the properties that events and to-dos share."""
    component["UID"] = vText(str(uid(task)))
    # Without a METHOD this is the last change (RFC 5545, section 3.8.7.2).
    component["DTSTAMP"] = vDatetime(task.updated_at.astimezone(UTC))
    component["SEQUENCE"] = vInt(min(task.revision, MOST))
    component["SUMMARY"] = vText(task.title)
    if task.description:
        component["DESCRIPTION"] = vText(task.description)
    if task.tags:
        component["CATEGORIES"] = vCategory(task.tags)
    if task.priority:
        component["PRIORITY"] = vInt(PRIORITIES[task.priority])


def uid(task: Task) -> UUID:
    """The same for all releases and addresses of the server."""
    return uuid5(NAMESPACE_URL, f"todo:task:{task.pk}:{task.created_at.isoformat()}")


def when(task: Task, zone: ZoneInfo) -> date | datetime:
    if task.due_time is None:
        return task.due_date  # type: ignore[return-value]  # not null: see `dated()`
    return datetime.combine(task.due_date, task.due_time, zone)  # type: ignore[arg-type]  # (nor here)
