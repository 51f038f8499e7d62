"""The tags of a task: their names, and the two columns that they are stored in.

A task has its tags in a column of its own, so reading them takes no further query. A second column
has their keys, by which tags are compared and found.
"""

import re
from collections.abc import Iterable
from typing import Any
from unicodedata import normalize

from django import forms
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.utils.html import is_html_input

from todo_project.api.fields import StringListField
from todo_project.api.text_lists import TextListField

MOST = 20  # tags of a task
LONGEST = 50  # characters of a name
# Control characters, line separators, and what changes the direction of the text.
UNSUITABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def find_fault(name: str) -> str | None:
    """What is wrong with a name that is trimmed and in NFC."""
    if not any(letter.isprintable() and not letter.isspace() for letter in name):
        return "A tag may not be blank."
    if len(name) > LONGEST:
        return f"A tag has at most {LONGEST} characters."
    if UNSUITABLE.search(name):
        return "Control characters are not allowed in a tag."
    if "," in name:
        return "A tag has no comma."
    # An URL could not name it.
    if name.endswith("/") or name in (".", ".."):
        return "A tag may not end with a slash or be a dot or two."
    return None


def clean_name(text: str) -> str:
    """The name as it is stored. Raises Django's `ValidationError`."""
    name = normalize("NFC", text.strip())
    if fault := find_fault(name):
        raise DjangoValidationError(fault, code="invalid")
    return name


def make_key(name: str) -> str:
    """Equal for names that differ in case alone (Unicode, D145)."""
    return normalize("NFC", normalize("NFD", name).casefold())


def make_keys(owner_id: int, names: Iterable[str]) -> list[str]:
    """Keys of an owner, as one index has those of all owners."""
    return [f"{owner_id}:{make_key(name)}" for name in names]


def unite(*lists: Iterable[str]) -> list[str]:
    """The names of all lists in order. Of those that differ in case alone, the first stays."""
    names: dict[str, str] = {}
    for name in (name for each in lists for name in each):
        names.setdefault(make_key(name), name)
    return [*names.values()]


def without(names: Iterable[str], others: Iterable[str]) -> list[str]:
    keys = {make_key(name) for name in others}
    return [name for name in names if make_key(name) not in keys]


def respell(names: Iterable[str], stored: Iterable[str]) -> list[str]:
    """These names, as they are spelled in `stored` where they are there."""
    spellings = {make_key(name): name for name in stored}
    return unite(spellings.get(make_key(name), name) for name in names)


class TagsField(TextListField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{"default": list, "blank": True, **options})

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{**options, "form_class": TagsFormField})


class TagKeysField(TextListField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{"default": list, "editable": False, **options})

    def pre_save(self, instance: Any, add: bool) -> list[str]:
        keys = make_keys(instance.owner_id, instance.tags)
        setattr(instance, self.attname, keys)
        return keys


class TagsFormField(forms.CharField):
    """A comma list of tags."""

    def __init__(self, **options: Any) -> None:
        text = f"Up to {MOST}, separated by commas."
        super().__init__(**{**options, "help_text": text, "required": False})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        parts = value if isinstance(value, list) else split(value or "")
        names = unite(map(clean_name, parts))
        if len(names) > MOST:
            raise DjangoValidationError(f"A task has at most {MOST} tags.", code="max_length")
        return names

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or []))
        except DjangoValidationError:
            return True


class TagNameField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            return clean_name(data)
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages, error.code) from None

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Without the checks of `CharField`, which come before the name is in NFC."""
        return serializers.Field.run_validation(self, data)


class TagListField(StringListField):
    """Names of tags; a form has them in one text, separated by commas."""

    default_error_messages = {"max_length": f"A task has at most {MOST} tags."}

    def __init__(self, **options: Any) -> None:
        super().__init__(
            child=TagNameField(max_length=LONGEST),
            required=False,
            max_length=MOST,
            style={"base_template": "tags.html", "folded": True},
            **options,
        )

    def get_value(self, dictionary: Any) -> Any:
        if not is_html_input(dictionary):
            return super().get_value(dictionary)
        texts = dictionary.getlist(self.field_name)
        return [name for text in texts for name in split(text)] if texts else serializers.empty

    def to_internal_value(self, data: Any) -> list[str]:
        """Raises one error for all names, as their places mean nothing."""
        if isinstance(data, list) and len(data) > MOST:
            self.fail("max_length")
        try:
            return unite(super().to_internal_value(data))
        except serializers.ValidationError as error:
            faults: Any = error.detail
            first = next(iter(faults.values())) if isinstance(faults, dict) else faults
            raise serializers.ValidationError(first) from None


def split(text: str) -> list[str]:
    return [part for part in text.split(",") if part.strip()]
