from typing import Any

from rest_framework import serializers

from tasks.serializers import TaskSerializer


class SyncQuerySerializer(serializers.Serializer[Any]):
    since = serializers.CharField(
        required=False, max_length=500, help_text="`next` of the answer before; none to start."
    )
    limit = serializers.IntegerField(
        default=500, min_value=1, max_value=1000, help_text="Rows of an answer, of all kinds."
    )
    verify = serializers.BooleanField(
        default=False, help_text="Adds `check` to the last answer (`has_more` is false)."
    )


class DeletedSerializer(serializers.Serializer[Any]):
    tasks = serializers.ListField(child=serializers.IntegerField())


class CheckSerializer(serializers.Serializer[Any]):
    tasks = serializers.IntegerField(help_text="How many there are.")
    digest = serializers.RegexField(
        "^[0-9a-f]{16}$",
        help_text="XOR of the first 8 bytes of SHA-256 of `task:ID:REVISION` of all.",
    )


class SyncSerializer(serializers.Serializer[Any]):
    tasks = TaskSerializer(many=True)
    deleted = DeletedSerializer()
    next = serializers.CharField(help_text="Send it as `since` to go on.")
    has_more = serializers.BooleanField()
    check = CheckSerializer(required=False, help_text="With `verify=true`.")
