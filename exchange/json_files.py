"""Reads a document of `GET /api/export`."""

from collections.abc import Iterable
from typing import Any

from django.core.validators import RegexValidator
from django.db.models import BigIntegerField
from rest_framework import serializers

from tasks.completions import NEEDS_DATE, RepeatFrom
from tasks.recurrence import Rule
from tasks.repeat_views import CompletedOccurrenceSerializer
from tasks.rule_parts import RuleError
from tasks.tags import TagListField
from todo_project.api.fields import StringField, WholeNumberField
from todo_project.api.positions import LONGEST
from todo_project.api.problems import invalid

from .documents import VERSION
from .drafts import LAST, Draft, File, within
from .json_rows import LISTS, parse

LARGEST = 2**31 - 1  # of the columns for numbers
is_position = RegexValidator(r"^[0-9A-Za-z]+\Z", "Is not a position.", "invalid")


class KeptSerializer(serializers.Serializer[Any]):
    """The members of a project that no request can set, and that an import keeps."""

    others = ["name", "color", "archived"]  # which an import checks when it creates the project

    id = WholeNumberField(min_value=1, max_value=BigIntegerField.MAX_BIGINT)
    created_at = serializers.DateTimeField(required=False)
    updated_at = serializers.DateTimeField(required=False)
    position = StringField(required=False, max_length=LONGEST, validators=[is_position])


class CompletionList(serializers.ListSerializer[Any]):
    def to_internal_value(self, data: Any) -> list[Any]:
        """Raises the first error only, as there may be as many as rows."""
        rows = []
        for place, row in enumerate(
            data if isinstance(data, list) else super().to_internal_value(data)
        ):
            with within(str(place)):
                rows.append(self.run_child_validation(row))
        return rows


class KeptTaskSerializer(KeptSerializer):
    """Those of a task, which has more."""

    others = [
        "title", "description", "completed", "priority", "due_date", "due_time",
        "project", "parent", "tags",
    ]  # fmt: skip

    completed_at = serializers.DateTimeField(required=False, allow_null=True)
    deleted_at = serializers.DateTimeField(required=False, allow_null=True)
    repeat = StringField(required=False, allow_null=True)
    repeat_from = serializers.ChoiceField(RepeatFrom.choices, required=False)
    occurrence = WholeNumberField(required=False, min_value=1, max_value=LARGEST)
    repeat_since = WholeNumberField(required=False, min_value=1, max_value=LARGEST)
    completions = CompletionList(child=CompletedOccurrenceSerializer(), required=False)
    tags = TagListField()

    def validate_repeat(self, value: str | None) -> str | None:
        """Checks the grammar. The import checks the rest, as it needs the due date."""
        try:
            return value and str(Rule.parse(value))
        except RuleError as error:
            raise serializers.ValidationError(str(error), "invalid") from None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("repeat") and not self.initial_data.get("due_date"):
            raise invalid("repeat", NEEDS_DATE)
        if attrs.get("repeat_since", 1) > attrs.get("occurrence", 1):
            raise invalid("repeat_since", "Is higher than occurrence.")
        numbers = [one["occurrence"] for one in attrs.get("completions", [])]
        if len({*numbers}) < len(numbers):
            raise invalid("completions", "An occurrence is there twice.")
        if not all(1 <= number < attrs.get("occurrence", 1) for number in numbers):
            raise invalid("completions", "Each has a number from 1 to below occurrence.")
        return attrs


def read_document(body: bytes) -> File:
    data, rows = parse(body)
    if data.get("version") != VERSION:
        raise invalid("version", f"Must be {VERSION}: the document of GET /api/export.")
    account = data.get("account")
    if not isinstance(account, str) or len(account) > 64:
        raise invalid("account", "Must be the text that the export has.")
    file = File(strict=True, account=account)
    for name in data.keys() & {*LISTS} - rows.keys():
        raise invalid(name, "Must be a list.")
    file.projects, live, trash = (read_list(rows.get(name, ()), name, account) for name in LISTS)
    for draft in live:
        draft.kept.pop("deleted_at", None)
    file.tasks = [*live, *trash]
    for drafts in (file.projects, file.tasks):
        check_ids(drafts)
    return file


def read_list(rows: Iterable[dict[str, Any]], name: str, account: str) -> list[Draft]:
    kind = "project" if name == "projects" else "task"
    # One for all, as making it takes longer than using it.
    serializer = KeptSerializer() if kind == "project" else KeptTaskSerializer()
    return [
        read_row(serializer, row, f"{name}.{place}", f"document:{account}:{kind}")
        for place, row in enumerate(rows)
    ]


def read_row(serializer: KeptSerializer, row: dict[str, Any], path: str, origin: str) -> Draft:
    with within(path):
        serializer.initial_data = row
        kept = serializer.run_validation(row)
    data = {name: row[name] for name in serializer.others if name in row}
    if "tags" in kept:
        data["tags"] = kept.pop("tags")
    for name, value in data.items():
        if isinstance(value, dict | list) and name != "tags":
            raise invalid(f"{path}.{name}", "Must not be a list or an object.")
    number, position = kept.pop("id"), kept.pop("position", None)
    draft = Draft(f"{origin}:{number}", data, path=path, kept=kept, id=number)
    draft.position = (position, number) if position else LAST
    account = origin.rpartition(":")[0]
    for name, kind in (("project", "project"), ("parent", "task")):
        value = draft.data.get(name)
        if type(value) is int:
            draft.data[name] = f"{account}:{kind}:{value}"
        elif value is not None:
            raise invalid(f"{path}.{name}", "Must be the id of an object of the document, or null.")
    return draft


def check_ids(drafts: list[Draft]) -> None:
    seen = set()
    for draft in drafts:
        if draft.key in seen:
            raise invalid(f"{draft.path}.id", "Another object of the document has this id.")
        seen.add(draft.key)
