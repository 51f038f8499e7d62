"""The properties of a to-do (RFC 5545, section 3.6.2) as members of a task."""

from datetime import UTC, date, datetime
from typing import Any

from tasks.rule_parts import RuleError
from tasks.tags import unite

from .drafts import File
from .limits import fit
from .rules import keeps_its_dates, read_rule, skips_months
from .texts import find_zone


class TodoReader:
    """The properties of a to-do as members of a task."""

    def __init__(self, todo: Any, numbers: dict[str, int], file: File, line: int) -> None:
        self.todo, self.numbers, self.file, self.line = todo, numbers, file, line

    def warn(self, name: str, message: str) -> None:
        self.file.warn(self.numbers.get(name, self.line), message)

    def text(self, name: str) -> str:
        return str(self.todo.get(name, ""))

    def data(self) -> dict[str, Any]:
        data = {
            "title": " ".join(self.text("SUMMARY").split()),
            "description": self.text("DESCRIPTION"),
            "priority": self.priority(),
            "tags": self.tags(),
            "completed": self.is_completed(),
            **self.due(),
        }
        if "RRULE" in self.todo:
            data["repeat"] = self.rule()
        fit(data, self.file, self.line)
        if parent := self.parent():
            data["parent"] = parent
        return data

    def kept(self) -> dict[str, Any]:
        created, completed = self.instant("CREATED"), self.instant("COMPLETED")
        kept = {"created_at": created} if created else {}
        if completed and self.is_completed():
            kept["completed_at"] = completed
        return kept

    def instant(self, name: str) -> datetime | None:
        if name not in self.todo:
            return None
        value: datetime = self.todo[name].dt
        try:
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        except OverflowError:
            self.warn(name, f"{name} is left out: there is no such date.")
            return None

    def priority(self) -> str | None:
        number = self.todo.get("PRIORITY", 0)
        if 1 <= number <= 4:
            return "high"
        if number == 5:
            return "medium"
        return "low" if 6 <= number <= 9 else None

    def tags(self) -> list[str]:
        value = self.todo.get("CATEGORIES", [])
        lists = value if isinstance(value, list) else [value]
        names = [str(name).strip() for each in lists for name in each.cats]
        return unite(name for name in names if name)

    def is_completed(self) -> bool:
        return (
            self.text("STATUS").upper() in ("COMPLETED", "CANCELLED")
            or "COMPLETED" in self.numbers
            or self.todo.get("PERCENT-COMPLETE") == 100
        )

    def due_value(self) -> Any:
        """DUE, or the start of a to-do that repeats without it."""
        name = "DUE" if "DUE" in self.todo or "RRULE" not in self.todo else "DTSTART"
        return getattr(self.todo.get(name), "dt", None)

    def due(self) -> dict[str, Any]:
        due, start = self.due_value(), self.todo.get("DTSTART")
        if start is not None and start.dt != due:
            self.warn("DTSTART", "A start that is not the due date is not carried over.")
        if isinstance(due, datetime):
            return self.due_at("DUE" if "DUE" in self.todo else "DTSTART", due)
        return {"due_date": due.isoformat()} if due else {}

    def due_at(self, name: str, due: datetime) -> dict[str, str]:
        """An instant, or a date and a time on the owner's clock if the value has no zone."""
        zone = self.todo[name].params.get("TZID", "")
        if due.tzinfo is None and zone:
            due = due.replace(tzinfo=find_zone(zone))
            if due.tzinfo is None:
                self.warn(name, f"The time zone {zone[:100]!r} is unknown: yours is used.")
        if due.tzinfo:
            return {"due_date": due.replace(microsecond=0).isoformat()}
        return {"due_date": due.date().isoformat(), "due_time": due.time().isoformat("seconds")}

    def rule(self) -> str | None:
        due = self.due_value()
        if due is None:
            self.warn("RRULE", "A rule without a due date is not carried over.")
            return None
        text = self.todo["RRULE"].to_ical().decode().upper()
        try:
            rule = read_rule(text, due)
        except RuleError as error:
            self.warn("RRULE", f"repeat is left out: {error}")
            return None
        if skips_months(text, due):
            self.warn("RRULE", "A month without this day has its last day, and is not skipped.")
        return rule

    def rule_day(self, rule: str | None) -> date | None:
        """The due date in the file, if the rule is wrong on another day."""
        due = self.due_value()
        if rule is None or not isinstance(due, datetime) or keeps_its_dates(rule):
            return None
        return due.date()

    def parent(self) -> str | None:
        value = self.todo.get("RELATED-TO", [])
        for each in value if isinstance(value, list) else [value]:
            if each.params.get("RELTYPE", "PARENT").upper() == "PARENT":
                return f"icalendar:{each}"
            self.warn("RELATED-TO", "A relation other than to a parent is not carried over.")
        return None

    def warn_of_others(self) -> None:
        if 0 < self.todo.get("PERCENT-COMPLETE", 0) < 100:
            self.warn("PERCENT-COMPLETE", "A part of completion is not carried over.")
        status = self.text("STATUS").upper()
        if status not in ("", "NEEDS-ACTION", "COMPLETED"):
            state = "completed" if self.is_completed() else "open"
            self.warn("STATUS", f"The status {status[:50]} is imported as {state}.")
