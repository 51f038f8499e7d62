from typing import Any

from rest_framework import serializers

from projects.serializers import ProjectSerializer
from tasks.serializers import TaskSerializer


class SyncQuerySerializer(serializers.Serializer[Any]):
    since = serializers.CharField(
        required=False,
        max_length=500,
        help_text="`next` of the previous response. Omit it to start.",
    )
    limit = serializers.IntegerField(
        default=500,
        min_value=1,
        max_value=1000,
        help_text="The most rows of a response, of all kinds together.",
    )
    verify = serializers.BooleanField(
        default=False, help_text="Adds `check` to the last response (`has_more` is false)."
    )


class DeletedSerializer(serializers.Serializer[Any]):
    tasks = serializers.ListField(child=serializers.IntegerField())
    projects = serializers.ListField(child=serializers.IntegerField())


class CheckSerializer(serializers.Serializer[Any]):
    tasks = serializers.IntegerField(help_text="The number of tasks.")
    projects = serializers.IntegerField(help_text="The number of projects.")
    digest = serializers.RegexField(
        "^[0-9a-f]{16}$",
        help_text="XOR of the first 8 bytes of SHA-256 of `task:ID:REVISION` over all tasks and "
        "of `project:ID:REVISION` over all projects.",
    )


class SyncSerializer(serializers.Serializer[Any]):
    tasks = TaskSerializer(many=True)
    projects = ProjectSerializer(many=True)
    deleted = DeletedSerializer()
    next = serializers.CharField(help_text="Send this as `since` in the next request.")
    has_more = serializers.BooleanField()
    check = CheckSerializer(required=False, help_text="Only with `verify=true`.")
