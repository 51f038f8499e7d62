from typing import Any

from rest_framework import serializers


class CalendarSerializer(serializers.Serializer[Any]):
    url = serializers.URLField(read_only=True, help_text="Shown once; keep it secret.")


class ImportSerializer(serializers.Serializer[Any]):
    """The form of the browsable API."""

    file = serializers.FileField(help_text="A .json, .csv or .ics file of at most 5 MiB.")


class WarningSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField(allow_null=True)
    message = serializers.CharField()


class ImportedSerializer(serializers.Serializer[Any]):
    created = serializers.IntegerField(help_text="Tasks and projects.")
    skipped = serializers.IntegerField(help_text="Those that an earlier import has made.")
    warnings = WarningSerializer(many=True)
