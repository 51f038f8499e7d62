"""What pages say after a form has changed a task, and how to undo it."""

from typing import Any

from django.urls import reverse
from django.utils.text import Truncator

from todo_project.api.forms import Message

from .models import Task

SHOWN = 60  # characters of a title, because a cookie holds the message


def quote(task: Task) -> str:
    return f"“{Truncator(str(task)).chars(SHOWN)}”"


def task_message(view: Any, data: Any) -> Message | None:
    """For the actions of `TaskViewSet`; None for those that only save."""
    if view.action == "destroy":
        restore = reverse("task-restore", args=[view.deleted.pk])
        return Message(f"{quote(view.deleted)} is in the trash.", {"action": restore})
    title = quote(data.serializer.instance)
    if view.action == "complete":
        return completion_message(title, view, data)
    texts = {"create": f"{title} is added.", "restore": f"{title} is back."}
    return Message(texts[view.action]) if view.action in texts else None


def completion_message(title: str, view: Any, data: Any) -> Message:
    completed = view.request.data.get("completed") == "true"
    undo = {
        "action": reverse("task-complete", args=[data["id"]]),
        "_method": "PATCH",
        "completed": "false" if completed else "true",
    }
    if not completed:
        return Message(f"{title} is open again.", undo)
    if data["repeat"]:
        undo["occurrence"] = data["occurrence"] - 1
        if not data["completed"]:
            return Message(f"{title} is completed. It is due again on {data['due_date']}.", undo)
    return Message(f"{title} is completed.", undo)
