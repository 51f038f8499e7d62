"""An edit of an outdated page: both versions, and the form with the text that was typed."""

import re
from typing import Any

from rest_framework.fields import ChoiceField

from todo_project.api.fields import with_line_feeds
from todo_project.api.renderers import as_json

from .models import Task
from .tags import split

SECONDS = re.compile(r"(?<=^\d\d:\d\d):00$")  # a browser leaves them out


def compare(view: Any, task: Task) -> dict[str, Any]:
    """The form as it was sent, with the new ETag, and which fields differ from the stored task."""
    serializer = view.get_serializer(task)
    stored = as_json(serializer.data)
    sent = {name: value for name, value in view.request.POST.items() if name in stored}
    if "tags" in sent:
        sent["tags"] = [part.strip() for part in split(sent["tags"])]
    serializer._data = {**stored, **sent}
    texts = {
        name: [write(serializer.fields[name], value) for value in (sent[name], stored[name])]
        for name in sent
    }
    return {
        "etag": task.etag,
        "edit_form": view.request.accepted_renderer.render_form_for_serializer(serializer),
        "versions": [
            {"label": serializer.fields[name].label, "yours": yours, "stored": theirs}
            for name, (yours, theirs) in texts.items()
            if yours != theirs
        ],
    }


def write(field: Any, value: Any) -> str:
    """A value of a form or of a task in words."""
    if isinstance(value, list):
        return ", ".join(value)
    text = "" if value is None else str(value)
    if field.field_name == "project" and text.isdecimal():
        return str(field.get_queryset().filter(pk=text[:18]).first() or text)
    if isinstance(field, ChoiceField):
        text = str(field.choices.get(value, text))
    return with_line_feeds(SECONDS.sub("", text))
