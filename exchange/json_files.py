"""Reads a document of `GET /api/export`."""

from typing import Any

from django.core.validators import RegexValidator
from django.db.models import BigIntegerField
from rest_framework import serializers

from tasks.completions import NEEDS_DATE, RepeatFrom
from tasks.operations import invalid
from tasks.recurrence import Rule
from tasks.repeat_views import CompletedOccurrenceSerializer
from tasks.rule_parts import RuleError
from todo_project.api.fields import StringField, WholeNumberField
from todo_project.api.positions import LONGEST

from .documents import VERSION
from .drafts import LAST, MOST, Draft, File, within

LARGEST = 2**31 - 1  # of the columns for numbers
is_position = RegexValidator(r"^[0-9A-Za-z]+\Z", "Is not a position.", "invalid")


class KeptSerializer(serializers.Serializer[Any]):
    """The members of a project that no request can set, and that an import keeps."""

    id = WholeNumberField(min_value=1, max_value=BigIntegerField.MAX_BIGINT)
    created_at = serializers.DateTimeField(required=False)
    updated_at = serializers.DateTimeField(required=False)
    position = StringField(required=False, max_length=LONGEST, validators=[is_position])


class KeptTaskSerializer(KeptSerializer):
    """Those of a task, which has more."""

    completed_at = serializers.DateTimeField(required=False, allow_null=True)
    deleted_at = serializers.DateTimeField(required=False, allow_null=True)
    repeat = StringField(required=False, allow_null=True)
    repeat_from = serializers.ChoiceField(RepeatFrom.choices, required=False)
    occurrence = WholeNumberField(required=False, min_value=1, max_value=LARGEST)
    repeat_since = WholeNumberField(required=False, min_value=1, max_value=LARGEST)
    completions = CompletedOccurrenceSerializer(many=True, required=False)

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


def read_document(data: dict[str, Any]) -> File:
    if data.get("version") != VERSION:
        raise invalid("version", f"Must be {VERSION}: the document of GET /api/export.")
    account = data.get("account")
    if not isinstance(account, str) or len(account) > 64:
        raise invalid("account", "Must be the text that the export has.")
    file = File(strict=True, account=account)
    file.projects = read_list(data, "projects", account)
    live, trash = (read_list(data, name, account) for name in ("tasks", "trash"))
    for draft in live:
        draft.kept.pop("deleted_at", None)
    file.tasks = [*live, *trash]
    for drafts in (file.projects, file.tasks):
        check_ids(drafts)
    return file


def read_list(data: dict[str, Any], name: str, account: str) -> list[Draft]:
    rows = data.get(name, [])
    if not isinstance(rows, list):
        raise invalid(name, "Must be a list.")
    if len(rows) > MOST:
        raise invalid(name, f"Has more than {MOST:,} objects.")
    kind = "project" if name == "projects" else "task"
    # One for all, as making it takes longer than using it.
    serializer = KeptSerializer() if kind == "project" else KeptTaskSerializer()
    return [
        read_row(serializer, row, f"{name}.{place}", f"document:{account}:{kind}")
        for place, row in enumerate(rows)
    ]


def read_row(serializer: KeptSerializer, row: Any, path: str, origin: str) -> Draft:
    if not isinstance(row, dict):
        raise invalid(path, "Must be an object.")
    with within(path):
        serializer.initial_data = row
        kept = serializer.run_validation(row)
    data = {name: value for name, value in row.items() if name not in ("repeat", "repeat_from")}
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
