"""Files for `POST /api/import` that are made to harm: each has up to 5 MiB."""

import json
from collections.abc import Callable
from itertools import count

SIZE = 5 * 2**20 - 100  # leaves room for an end
JSON, CSV, CALENDAR = "application/json", "text/csv", "text/calendar"

TASKS = b'{"version":1,"account":"x","tasks":['
TASK = TASKS + b'{"id":1,"occurrence":9,"due_date":"2026-12-01",'
TABLE = b"TYPE,CONTENT\n"
BEGIN, END = b"BEGIN:VCALENDAR\n", b"END:VCALENDAR\n"
TODO, END_TODO = b"BEGIN:VTODO\nUID:1\nDUE:20261201T000000\n", b"END:VTODO\n"
SMILE = "\U0001f600".encode()  # makes each character of a text take four bytes
SUMMARY = BEGIN + TODO + b"SUMMARY"
RULE = BEGIN + TODO + b"RRULE:FREQ=MONTHLY"
RELATION = b"RELATED-TO;RELTYPE=a"
LAST = b"\n" + END_TODO + END


def fill(head: bytes, part: bytes, tail: bytes = b"") -> bytes:
    """Repeats the part until the file has its largest size."""
    return head + part * ((SIZE - len(head) - len(tail)) // len(part)) + tail


def number(head: bytes, part: bytes, tail: bytes = b"") -> bytes:
    """The same with a number in each part."""
    parts, size = [head], len(head) + len(tail)
    for n in count():
        size += len(one := part % n)
        if size > SIZE:
            return b"".join([*parts, tail])
        parts.append(one)
    raise AssertionError


def document(*parents: int) -> bytes:
    tasks = [{"id": n, "title": "x", "parent": one or None} for n, one in enumerate(parents, 1)]
    return json.dumps({"version": 1, "account": "x", "tasks": tasks}).encode()


Files = dict[str, Callable[[], bytes]]

DOCUMENTS: Files = {
    "lists": lambda: fill(TASKS, b"[],", b"[]]}"),
    "objects": lambda: fill(TASKS, b"{},", b"{}]}"),
    "objects of an object": lambda: fill(TASKS, b'{"a":{}},', b"{}]}"),
    "lists of a task": lambda: fill(TASK + b'"tags":[', b"[],", b"[]]}]}"),
    "lists of many tasks": lambda: fill(TASKS, b'{"id":1,"a":[' + b"[]," * 9_000 + b"1]},", b"1]}"),
    "lists of the profile": lambda: fill(b'{"profile":[', b"[],", b"[]]}"),
    "numbers": lambda: fill(TASKS, b"1,", b"1]}"),
    "broken numbers": lambda: fill(TASKS, b"1e9,", b"1]}"),
    "a number": lambda: fill(TASKS, b"9", b"]}"),
    "texts": lambda: number(TASKS, b'"%x",', b"1]}"),
    "nulls": lambda: fill(TASKS, b"null,", b"1]}"),
    "keys": lambda: number(b"{", b'"%x":1,', b'"x":1}'),
    "keys of a task": lambda: number(TASK, b'"%x":1,', b'"title":""}]}'),
    "one key": lambda: fill(b'{"', b"x", b'":1}'),
    "repeated keys": lambda: fill(b"{", b'"a":1,', b'"a":1}'),
    "tags": lambda: number(TASK + b'"title":"x","tags":[', b'"%x",', b'"x"]}]}'),
    "open lists": lambda: fill(b"", b"["),
    "open objects": lambda: fill(b"", b'{"a":'),
    "deep lists": lambda: b'{"a":' + b"[" * 2_500_000 + b"]" * 2_500_000 + b"}",
    "many deep lists": lambda: fill(TASKS, b"[" * 240 + b"]" * 240 + b",", b"1]}"),
    "a text": lambda: fill(b'{"version":"', b"x", b'"}'),
    "a title": lambda: fill(TASK + b'"title":"', b"x", b'"}]}'),
    "a wide title": lambda: fill(TASK + b'"title":"' + SMILE, b"x", b'"}]}'),
    "a title of escapes": lambda: fill(TASK + b'"title":"', b"\\u0041", b'"}]}'),
    "a title without end": lambda: fill(TASK + b'"title":"', b'\\"'),
    "a rule": lambda: fill(TASK + b'"title":"x","repeat":"FREQ=WEEKLY;BYDAY=MO', b",MO", b'"}]}'),
    "wrong completions": lambda: fill(TASK + b'"completions":[', b"{},", b"{}]}]}"),
    "completions of numbers": lambda: fill(TASK + b'"completions":[', b"0,", b"0]}]}"),
    "parents in a chain": lambda: document(*range(10_000)),
    "parents in a circle": lambda: document(*range(2, 10_001), 1),
    "tasks that are their parents": lambda: document(*range(1, 10_001)),
    "too many tasks": lambda: document(*[0] * 10_001),
    "spaces": lambda: fill(b"{", b" ", b"}"),
    "UTF-16": lambda: TASKS.decode().encode("utf-16") * 70_000,
}
TABLES: Files = {
    "columns": lambda: fill(b"TYPE,CONTENT", b",x"),
    "long columns": lambda: fill(b"TYPE,CONTENT", b",xxxx"),
    "columns of a row": lambda: fill(TABLE + b"task", b',"x"'),
    "columns on many lines": lambda: fill(TABLE + b'"', b'\n","', b'"'),
    "an open quote": lambda: fill(TABLE + b'"', b"x"),
    "an open quote of lines": lambda: fill(TABLE + b'"', b"x\n"),
    "quotes": lambda: fill(TABLE, b'"'),
    "a wide line": lambda: fill(TABLE + b"task," + SMILE, b"x"),
    "comments": lambda: fill(TABLE + b"task,x\n", b"note,x\n"),
    "unknown rows": lambda: fill(TABLE, b"x,x\n"),
    "empty rows": lambda: fill(TABLE, b",\n"),
    "empty tasks": lambda: fill(TABLE, b"task,\n"),
    "rows of no use": lambda: fill(TABLE, b"meta,\n"),
    "empty comments": lambda: b"TYPE,CONTENT" + b",x" * 48 + b"\ntask,x\n" + b"note,\n" * 249_000,
    "sections": lambda: number(TABLE, b"section,%d\n"),
}
CALENDARS: Files = {
    "a folded line": lambda: fill(SUMMARY + b":x\n", b" x\n", END_TODO),
    "empty components": lambda: fill(BEGIN, b"BEGIN:VTODO\nEND:VTODO\n", END),
    "unknown components": lambda: fill(BEGIN, b"BEGIN:X\nEND:X\n", END),
    "open components": lambda: fill(BEGIN, b"BEGIN:VTODO\n"),
    "calendars": lambda: fill(b"", BEGIN),
    "repeated UIDs": lambda: fill(BEGIN, TODO + END_TODO, END),
    "lines of a component": lambda: fill(BEGIN + TODO, b"X:1\n", END_TODO + END),
    "names": lambda: number(BEGIN + TODO, b"X%d:1\n", END_TODO + END),
}
# A task is made of the rest of these. So the measurement sends them without the end.
TODOS: Files = {
    "parameters": lambda: fill(SUMMARY, b";A=B", b":x"),
    "many parameters": lambda: number(SUMMARY, b";A%x=B", b":x"),
    "a list in a parameter": lambda: fill(SUMMARY + b";A=B", b",B", b":x"),
    "quoted parameters": lambda: fill(SUMMARY, b';A="B"', b":x"),
    "quotes of a parameter": lambda: fill(SUMMARY + b";A=", b'"', b":x"),
    "empty parameters": lambda: fill(SUMMARY, b";", b":x"),
    "days of a rule": lambda: fill(RULE + b";BYDAY=MO", b",MO"),
    "days of the month of a rule": lambda: fill(RULE + b";BYMONTHDAY=1", b",1"),
    "parts of a rule": lambda: number(RULE, b";X%x=1"),
    "the number of a rule": lambda: fill(RULE + b";COUNT=", b"9"),
    "a rule of seconds": lambda: RULE.replace(b"MONTHLY", b"SECONDLY;BYSETPOS=3;COUNT=1000000000"),
    "tags of a to-do": lambda: number(BEGIN + TODO + b"CATEGORIES:a", b",%x"),
    "lines of tags": lambda: BEGIN + TODO + (b"CATEGORIES:" + b"a," * 99_990 + b"\n") * 20,
    "relations of a list": lambda: BEGIN + TODO + (RELATION + b",a" * 99_900 + b":x\n") * 20,
    "long rules": lambda: fill(
        BEGIN, RULE[len(BEGIN) :] + b";BYDAY=MO" + b",MO" * 66_000 + LAST[: -len(END)]
    ),
    "long zones": lambda: fill(
        BEGIN, TODO + b"SUMMARY;TZID=a" + b",a" * 99_900 + b":x\n" + END_TODO
    ),
    "a wide summary": lambda: fill(SUMMARY + b":" + SMILE, b"x"),
    "a priority": lambda: fill(BEGIN + TODO + b"PRIORITY:", b"9"),
    "a due date": lambda: fill(BEGIN + TODO.replace(b"DUE:", b"DUE;TZID=/"), b"a/", b":x"),
}
