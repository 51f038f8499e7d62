from typing import Any

from django.db import models
from rest_framework import serializers


class StringField(serializers.CharField):
    """DRF's `CharField`, but a number is no string: JSON readers lose digits of long ones."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


# For the `serializer_field_mapping` of every model serializer.
STRING_FIELDS = {models.CharField: StringField, models.TextField: StringField}
