from typing import Any

from django.db import models
from rest_framework import serializers
from rest_framework.utils.html import is_html_input


class StringField(serializers.CharField):
    """DRF's `CharField`, but a number is no string: JSON readers lose digits of long ones."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class MultilineField(StringField):
    """A text whose line ends a form may change, as every form sends CR LF whatever was stored.

    What a form sends is stored with LF, unless nothing but the line ends differs from what is
    stored already: then that is the value. JSON is taken as it is.
    """

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        if not is_html_input(getattr(self.root, "initial_data", None)):
            return value
        stored = getattr(self.root.instance, self.field_name or "", "")
        sent = with_line_feeds(value)
        return stored if with_line_feeds(stored) == sent else sent


def with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


# For the `serializer_field_mapping` of every model serializer.
STRING_FIELDS = {models.CharField: StringField, models.TextField: MultilineField}
