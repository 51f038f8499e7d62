"""Everything that a user owns, as one JSON document."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone

from accounts.models import User
from accounts.serializers import ProfileSerializer
from projects.models import Project
from projects.serializers import ProjectSerializer
from tasks.completions import Completion
from tasks.models import Task
from tasks.repeat_views import CompletedOccurrenceSerializer
from tasks.serializers import TaskSerializer
from todo_project.api.renderers import FastJSONRenderer
from todo_project.server.snapshots import snapshot

from .batches import in_batches

VERSION = 1

render = FastJSONRenderer().render


def write_document(user: User) -> Iterator[bytes]:
    """The document, a batch at a time, as the database was when it began."""
    with snapshot():
        user = User.objects.get(pk=user.pk)
        head = {
            "version": VERSION,
            "account": account_id(user),
            "exported_at": timezone.now(),
            "profile": ProfileSerializer(user).data,
        }
        yield render(head)[:-1]
        history = Prefetch(
            "completions", Completion.objects.order_by("occurrence"), to_attr="history"
        )
        tasks = Task.objects.filter(owner=user).prefetch_related(history)
        yield from member("projects", Project.objects.filter(owner=user), ProjectSerializer)
        yield from member("tasks", tasks.live(), ExportedTaskSerializer)
        yield from member("trash", tasks.trashed(), ExportedTaskSerializer)
        yield b"}\n"


class ExportedTaskSerializer(TaskSerializer):
    """With what no request can set, and `GET /api/tasks/{id}/completions`."""

    completions = CompletedOccurrenceSerializer(source="history", many=True, read_only=True)

    class Meta(TaskSerializer.Meta):
        fields = [*TaskSerializer.Meta.fields, "repeat_since", "deleted_at", "completions"]


def member(name: str, rows: Any, serializer_class: Any) -> Iterator[bytes]:
    yield b',\n"%s": [' % name.encode()
    separator = b"\n"
    serializer = serializer_class()  # one for all: each would hold its batch until it is collected
    for batch in in_batches(rows):
        for row in batch:
            yield separator + render(serializer.to_representation(row))
            separator = b",\n"
    yield b"\n]"


def account_id(user: User) -> str:
    """Tells accounts apart, also those of different servers."""
    text = f"{user.pk}:{user.date_joined.isoformat()}"
    return sha256(text.encode()).hexdigest()[:32]
