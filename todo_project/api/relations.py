"""Relations between objects of one owner, in requests and in the database."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from rest_framework import serializers
from rest_framework.utils.html import is_html_input

LARGEST = models.BigIntegerField.MAX_BIGINT


class OwnedRelatedField(serializers.PrimaryKeyRelatedField):
    """The id of an object of the caller. Another owner's id gets the error of a missing one."""

    default_error_messages = {"does_not_exist": "There is no such object."}

    def get_queryset(self) -> Any:
        queryset: Any = super().get_queryset()
        return queryset.for_user(self.context["request"].user)

    @property
    def is_in_form(self) -> bool:
        return bool(is_html_input(getattr(self.root, "initial_data", None)))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """DRF takes "" for null, which is right for a form but not for JSON."""
        if data == "" and not self.is_in_form:
            self.fail("incorrect_type", data_type="str")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        if "known" in self.context:
            return self.find_known(data)
        if isinstance(data, str) and self.is_in_form:
            data = int(data) if data.isascii() and data.isdecimal() and len(data) < 20 else data
        if type(data) is not int:
            self.fail("incorrect_type", data_type=type(data).__name__)
        found = self.get_queryset().filter(pk=data).first() if 0 < data <= LARGEST else None
        return self.existing(found)

    def find_known(self, data: Any) -> Any:
        """Looks the object up by id or name among those that the view has already read."""
        if type(data) not in (int, str):
            self.fail("incorrect_type", data_type=type(data).__name__)
        found = self.context["known"][self.get_queryset().model].get(data)
        return self.existing(None if getattr(found, "deleted_at", None) else found)

    def existing(self, found: Any) -> Any:
        if found is None:
            self.fail("does_not_exist")
        return found


class CompositeForeignKey(models.BaseConstraint):
    """A foreign key of several columns, such as `(project, owner)` to `(id, owner)`.

    With it the database refuses a reference to another owner's row or to a missing row. The columns
    that it refers to need a unique constraint. It is checked at the end of the transaction, like
    Django's own foreign keys. It is part of CREATE TABLE, where SQLite and PostgreSQL have the same
    syntax. SQLite cannot add a constraint later, so there Django creates the table again.
    """

    def __init__(self, *, name: str, fields: Sequence[str], to: str, to_fields: Sequence[str]):
        super().__init__(name=name)
        self.fields, self.to, self.to_fields = tuple(fields), to, tuple(to_fields)

    def deconstruct(self) -> Any:
        path, arguments, options = super().deconstruct()
        names = {"fields": self.fields, "to": self.to, "to_fields": self.to_fields}
        return path, arguments, {**options, **names}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CompositeForeignKey):
            return NotImplemented
        return bool(self.deconstruct() == other.deconstruct())

    __hash__ = models.BaseConstraint.__hash__

    def constraint_sql(self, model: Any, schema_editor: Any) -> str:
        target = model._meta.apps.get_model(self.to)
        quote = schema_editor.quote_name

        def columns(of: Any, names: Sequence[str]) -> str:
            return ", ".join(quote(of._meta.get_field(name).column) for name in names)

        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({columns(model, self.fields)}) "
            f"REFERENCES {quote(target._meta.db_table)} ({columns(target, self.to_fields)}) "
            "DEFERRABLE INITIALLY DEFERRED"
        )

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        return schema_editor._delete_constraint_sql(
            schema_editor.sql_delete_check, model, self.name
        )

    def validate(self, *args: Any, **options: Any) -> None:
        """Left to the database: forms and serializers only accept objects of the owner."""
