from typing import Any

from django.db import models
from rest_framework import serializers
from rest_framework.utils.html import is_html_input


class StringField(serializers.CharField):
    """DRF's `CharField`, but rejects numbers: JSON parsers lose digits of long numbers."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class MultilineField(StringField):
    """A text of several lines. Browsers send every line end of a form as CR LF.

    Text from a form is stored with LF. If only its line ends differ from the stored text, the
    value is the stored text. Text from JSON is not changed.
    """

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        if not is_html_input(getattr(self.root, "initial_data", None)):
            return value
        stored = getattr(self.root.instance, self.field_name or "", "")
        sent = with_line_feeds(value)
        return stored if with_line_feeds(stored) == sent else sent


class WholeNumberField(serializers.IntegerField):
    """DRF's `IntegerField`, but a JSON body may not have the number as text."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int and not is_html_input(getattr(self.root, "initial_data", None)):
            self.fail("invalid")
        return super().to_internal_value(data)


class StringListField(serializers.ListField):
    """A list of strings that is answered as it is stored."""

    def to_representation(self, data: Any) -> Any:
        return data


def with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


# For the `serializer_field_mapping` of every model serializer.
STRING_FIELDS = {models.CharField: StringField, models.TextField: MultilineField}
