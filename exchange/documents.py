"""Everything that a user owns, as one JSON document."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.serializers import ProfileSerializer
from projects.models import Project
from projects.serializers import ProjectSerializer
from tasks.models import Task
from tasks.serializers import TaskSerializer
from tasks.trash import TrashedTaskSerializer
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
        tasks = Task.objects.filter(owner=user)
        yield from member("projects", Project.objects.filter(owner=user), ProjectSerializer)
        yield from member("tasks", tasks.live(), TaskSerializer)
        yield from member("trash", tasks.trashed(), TrashedTaskSerializer)
        yield b"}\n"


def member(name: str, rows: Any, serializer: Any) -> Iterator[bytes]:
    yield b',\n"%s": [' % name.encode()
    separator = b"\n"
    for batch in in_batches(rows):
        for one in serializer(batch, many=True).data:
            yield separator + render(one)
            separator = b",\n"
    yield b"\n]"


def account_id(user: User) -> str:
    """Tells accounts apart, also those of different servers."""
    text = f"{user.pk}:{user.date_joined.isoformat()}"
    return sha256(text.encode()).hexdigest()[:32]
