from typing import Any

from rest_framework import serializers

from todo_project.api.fields import StringField
from todo_project.api.validators import validate_no_control_characters

from .models import User, validate_ascii, validate_unquoted


class EmailField(StringField, serializers.EmailField):
    """An address in the one spelling that accounts are stored under."""

    def __init__(self, **options: Any) -> None:
        validators: list[Any] = [
            validate_ascii,
            validate_unquoted,
            validate_no_control_characters,
        ]
        super().__init__(max_length=254, validators=validators, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # Validated as it was sent: in lower case a look-alike may be what it looks like.
        return User.objects.normalize_email(super().run_validation(data))


class PasswordField(StringField):
    """Never trimmed: a space is a character. The length is bounded, as hashing it takes time."""

    def __init__(self, **options: Any) -> None:
        style = {"input_type": "password"}
        super().__init__(
            write_only=True, trim_whitespace=False, max_length=128, style=style, **options
        )
