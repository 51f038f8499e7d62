"""Reads a document of `GET /api/export`."""

from typing import Any

from fractional_indexing import BASE_62_DIGITS, FIError, validate_order_key
from rest_framework import serializers

from todo_project.api.fields import StringField
from todo_project.api.positions import LONGEST

from .documents import VERSION
from .drafts import Draft, File, invalid, within


class KeptSerializer(serializers.Serializer[Any]):
    """The members of an object that no request can set, and that an import keeps."""

    id = serializers.IntegerField(min_value=1)
    created_at = serializers.DateTimeField(required=False)
    updated_at = serializers.DateTimeField(required=False)
    completed_at = serializers.DateTimeField(required=False, allow_null=True)
    deleted_at = serializers.DateTimeField(required=False, allow_null=True)
    position = StringField(required=False, max_length=LONGEST)

    def validate_position(self, value: str) -> str:
        try:
            validate_order_key(value)
            if {*value} <= {*BASE_62_DIGITS}:
                return value
        except FIError:
            pass
        raise serializers.ValidationError("Is not a position.", "invalid")


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
    kind = "project" if name == "projects" else "task"
    return [
        read_row(row, f"{name}.{place}", f"document:{account}:{kind}")
        for place, row in enumerate(rows)
    ]


def read_row(row: Any, path: str, origin: str) -> Draft:
    if not isinstance(row, dict):
        raise invalid(path, "Must be an object.")
    with within(path):
        kept = KeptSerializer().run_validation(row)
    draft = Draft(f"{origin}:{kept.pop('id')}", {**row}, path=path, kept=kept)
    account = origin.rpartition(":")[0]
    for name, kind in (("project", "project"), ("parent", "task")):
        if type(draft.data.get(name)) is int:
            draft.data[name] = f"{account}:{kind}:{draft.data[name]}"
    return draft


def check_ids(drafts: list[Draft]) -> None:
    seen = set()
    for draft in drafts:
        if draft.key in seen:
            raise invalid(f"{draft.path}.id", "Another object of the document has this id.")
        seen.add(draft.key)
