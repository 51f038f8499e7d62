from collections.abc import Iterable
from itertools import islice
from typing import Any

from django import template
from rest_framework.fields import ChoiceField

from todo_project.api.forms import read_undo
from todo_project.api.room import count_fitting, measure, shorten

# A page must not grow with an account, so a select offers the first objects.
MOST = 100
CHOICES = 3_000  # bytes of all of them
OPTION = 25  # bytes of a choice besides its text
LONGEST = 80  # bytes of a name

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


@register.filter
def choices(field: Any) -> list[tuple[str, str]]:
    """The values and texts of a field: of a relation the first objects, and the chosen one."""
    if isinstance(field._field, ChoiceField):
        return [(one.value, one.display_text) for one in field.iter_options()]
    objects = field.get_queryset().for_choice()
    found = offer(objects[:MOST])
    chosen = str(field.value)
    if chosen.isdecimal() and chosen not in found:
        others = field.get_queryset().filter(pk=chosen[:18])
        found |= {str(one.pk): write_choice(one) for one in others}
    return [*found.items()]


def offer(objects: Iterable[Any]) -> dict[str, str]:
    """The keys and the names of the first objects, as many as have room."""
    names = {str(one.pk): write_choice(one) for one in objects}
    shown = count_fitting((OPTION + measure(name) for name in names.values()), CHOICES)
    return dict(islice(names.items(), shown))


def write_choice(one: Any) -> str:
    return shorten(str(one), LONGEST)


@register.filter
def fields_of(form: Any, folded: bool) -> list[Any]:
    """The fields that users fill in: those that are folded, or the others."""
    shown = (field for field in form if not (field.read_only or field.style.get("omitted")))
    return [field for field in shown if field.style.get("folded", False) == folded]


@register.filter
def has_errors(form: Any) -> bool:
    return bool(getattr(form, "_errors", None))


@register.filter
def form_errors(form: Any) -> list[str]:
    """The errors that belong to no field."""
    return list(getattr(form, "_errors", {}).get("non_field_errors", []))
