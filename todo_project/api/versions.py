"""An edit of an outdated page: both versions, and the form with the text that was typed."""

import re
from typing import Any

from django.http import QueryDict
from rest_framework.fields import BooleanField, ChoiceField, ListField

from .fields import with_line_feeds
from .renderers import as_json

SECONDS = re.compile(r"(?<=^\d\d:\d\d):00$")  # a browser leaves them out


def find_conflict(view: Any) -> Any:
    """The stored object, if a form was refused because its page was outdated."""
    is_form = isinstance(view.request.data, QueryDict)
    refused = view.response.status_code == 412 and is_form
    return view.find(id=int(view.kwargs["pk"])) if refused else None


def compare(view: Any, stored_object: Any) -> dict[str, Any]:
    """The form as it was sent, with the new ETag, and which fields differ from what is stored."""
    serializer = view.get_serializer(stored_object)
    stored = as_json(serializer.data)
    sent = {
        name: read(serializer.fields[name], value)
        for name, value in view.request.POST.items()
        if name in stored
    }
    serializer._data = {**stored, **sent}
    texts = {
        name: [write(serializer.fields[name], value) for value in (sent[name], stored[name])]
        for name in sent
    }
    return {
        "etag": stored_object.etag,
        "edit_form": view.request.accepted_renderer.render_form_for_serializer(serializer),
        "versions": [
            {"label": serializer.fields[name].label, "yours": yours, "stored": theirs}
            for name, (yours, theirs) in texts.items()
            if yours != theirs
        ],
    }


def read(field: Any, text: str) -> Any:
    """A value of a form, as JSON has it."""
    if isinstance(field, ListField):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text == "true" if isinstance(field, BooleanField) else text


def write(field: Any, value: Any) -> str:
    """A value of a form or of an object in words."""
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    text = "" if value is None else str(value)
    if getattr(field, "queryset", None) is not None and text.isdecimal():
        return str(field.get_queryset().filter(pk=text[:18]).first() or text)
    if isinstance(field, ChoiceField):
        text = str(field.choices.get(value, text))
    return with_line_feeds(SECONDS.sub("", text))
