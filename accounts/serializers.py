from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.fields import get_error_detail
from rest_framework.validators import UniqueValidator
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.serializers import (
    TokenObtainPairSerializer,
    TokenRefreshSerializer,
)

from .models import User


class EmailField(serializers.EmailField):
    """An address in the one spelling that accounts are stored under."""

    def to_internal_value(self, data: Any) -> str:
        return User.objects.normalize_email(super().to_internal_value(data))


class PasswordField(serializers.CharField):
    """Never trimmed: a space is a character. The length is bounded, as hashing it takes time."""

    def __init__(self, **options: Any) -> None:
        style = {"input_type": "password"}
        super().__init__(
            write_only=True, trim_whitespace=False, max_length=128, style=style, **options
        )


class ProfileSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "email", "name", "timezone", "date_joined"]
        read_only_fields = ["email"]


class RegistrationSerializer(ProfileSerializer):
    email = EmailField(
        max_length=254,
        validators=[
            UniqueValidator(User.objects.all(), "An account with this e-mail address exists.")
        ],
    )
    password = PasswordField()

    class Meta(ProfileSerializer.Meta):
        fields = [*ProfileSerializer.Meta.fields, "password"]
        read_only_fields: list[str] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = User(email=attrs["email"], name=attrs.get("name", ""))
        try:
            validate_password(attrs["password"], user)
        except DjangoValidationError as error:
            raise serializers.ValidationError({"password": get_error_detail(error)}) from error
        return attrs

    def create(self, validated_data: dict[str, Any]) -> User:
        return User.objects.create_user(**validated_data)


class LoginSerializer(TokenObtainPairSerializer):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["password"] = PasswordField()


class RefreshSerializer(TokenRefreshSerializer):
    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        try:
            return super().validate(attrs)
        except User.DoesNotExist:
            raise InvalidToken("The account of this token is gone.") from None
