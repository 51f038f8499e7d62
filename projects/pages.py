"""What the pages of projects show besides the response."""

from typing import Any

from django.db.models import Count, Q

from todo_project.api.forms import Message
from todo_project.api.room import find_room, shorten
from todo_project.api.versions import compare, find_conflict

from .models import Project

OPEN = Count("tasks", filter=Q(tasks__completed_at=None, tasks__deleted_at=None))
MARKUP = 310  # bytes of a row besides its name
TEXTS = {"create": "added", "update": "saved", "partial_update": "saved", "destroy": "deleted"}


def list_context(view: Any, data: Any) -> dict[str, Any]:
    """The projects of this page with the number of their open tasks, in one more query."""
    shown = getattr(getattr(data, "serializer", None), "instance", None)
    if not isinstance(shown, list):
        return {"description": ""}
    found = Project.objects.filter(pk__in=[project.pk for project in shown])
    counts = dict(found.order_by().annotate(open=OPEN).values_list("pk", "open"))
    room = find_room(len(shown), MARKUP)
    for project in shown:
        project.open = counts.get(project.pk, 0)
        project.title = shorten(project.name, room)
    archived = view.request.query_params.get("archived", "")
    return {"description": "", "projects": shown, "archived": archived.replace("false", "")}


def detail_context(view: Any, data: Any) -> dict[str, Any]:
    project, conflict = getattr(getattr(data, "serializer", None), "instance", None), {}
    if stored := find_conflict(view):
        project, conflict = stored, compare(view, stored)
    if project is None:
        return {"description": ""}
    return {"description": "", "project": project, "name": project.name, **conflict}


def project_message(view: Any, data: Any) -> Message | None:
    project = view.deleted if view.action == "destroy" else data.serializer.instance
    return Message(f"“{project.name}” is {TEXTS[view.action]}.") if view.action in TEXTS else None
