from typing import Any

from django import template

from todo_project.api.forms import read_undo

register = template.Library()


@register.filter
def undo(message: Any) -> dict[str, Any]:
    """The form of the button that undoes what a message tells; empty if there is none."""
    return read_undo(message.extra_tags or "")


@register.inclusion_tag("rest_framework/hidden_fields.html", takes_context=True)
def hidden_fields(context: Any, method: str = "POST", next: str = "") -> dict[str, Any]:
    """The CSRF token, the method and the path to show afterwards, by default this page's."""
    request = context["request"]
    return {
        "csrf_token": context["csrf_token"],
        "method": method,
        "next": next or context.get("next") or request.get_full_path(),
    }
