from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, transaction
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, ErrorDetail
from rest_framework.fields import get_error_detail
from rest_framework_simplejwt.exceptions import ExpiredTokenError, InvalidToken, TokenError

from todo_project.api.fields import STRING_FIELDS, StringField

from . import mails
from .fields import EmailField, PasswordField
from .login_limit import LoginLimit
from .models import User
from .tokens import AccessToken, RefreshToken, refusal
from .validators import RULES

# The default lifetimes: the document is the same on all servers.
ACCESS = "Lasts 15 minutes, unless the server is configured otherwise."
REFRESH = "Lasts 14 days, unless the server is configured otherwise, and is good for one refresh."


class RefreshTokenField(StringField):
    def to_internal_value(self, data: Any) -> Any:
        try:
            return RefreshToken(super().to_internal_value(data))
        except TokenError as error:
            raise refusal(error, "refresh token") from error


class ProfileSerializer(serializers.ModelSerializer[User]):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        **STRING_FIELDS,
    }

    class Meta:
        model = User
        fields = ["id", "email", "name", "timezone", "date_joined"]
        read_only_fields = ["email"]
        extra_kwargs = {"timezone": {"initial": "UTC"}}

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        """Write what was sent and nothing else: the rest may have changed since it was read."""
        accounts = User.objects.filter(pk=instance.pk, is_active=True)
        if validated_data:
            accounts.update(**validated_data)
        account = accounts.first()
        if account is None:
            raise AuthenticationFailed("The account is gone.")
        return account


class RegistrationSerializer(ProfileSerializer):
    email = EmailField()
    password = PasswordField(help_text=RULES)

    class Meta(ProfileSerializer.Meta):
        fields = [*ProfileSerializer.Meta.fields, "password"]
        read_only_fields: list[str] = []

    def validate_email(self, email: str) -> str:
        if settings.EMAIL_VERIFICATION == "none" and User.objects.filter(email=email).exists():
            raise serializers.ValidationError(
                "An account with this e-mail address exists.", "unique"
            )
        return email

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = User(email=attrs["email"], name=attrs.get("name", ""))
        check_new_password(attrs["password"], user, "password")
        return attrs

    def create(self, validated_data: dict[str, Any]) -> User:
        if settings.EMAIL_VERIFICATION == "none":
            return User.objects.create_user(**validated_data)
        try:
            with transaction.atomic():
                user = User.objects.create_user(**validated_data)
        except IntegrityError:  # not looked for before, so that either way takes as long
            known = User.objects.filter(email=validated_data["email"]).first()
            if known is None:  # another constraint, or the account has just been deleted
                raise
            user = known
            if user.email_verified_at is None:
                # The person who registered it may not own the address, so the password goes.
                user.set_unusable_password()
                user.save(update_fields=["password"])
            mails.send_account_exists(user, self.context["request"])
        else:
            mails.send_email_verification(user, self.context["request"])
        return user


class LoginSerializer(serializers.Serializer[Any]):
    email = StringField(write_only=True)
    password = PasswordField()
    code = StringField(
        write_only=True,
        required=False,
        max_length=50,
        help_text="Of the second factor, or a recovery code.",
    )
    access = serializers.CharField(read_only=True, help_text=ACCESS)
    refresh = serializers.CharField(read_only=True, help_text=REFRESH)

    def save(self, **options: Any) -> dict[str, str]:
        request = self.context["request"]
        user = authenticate(request, **self.validated_data)
        if user is None:
            raise AuthenticationFailed(
                "No active account with this e-mail address and password.", "no_active_account"
            )
        user_agent = request.headers.get("User-Agent", "")
        refresh: RefreshToken = RefreshToken.for_user(user, user_agent)
        return refresh.pair()


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = RefreshTokenField()
    access = serializers.CharField(read_only=True, help_text=ACCESS)

    def save(self, **options: Any) -> dict[str, str]:
        token: RefreshToken = self.validated_data["refresh"]
        return token.rotate().pair()


class VerifySerializer(serializers.Serializer[Any]):
    token = StringField(write_only=True)

    def save(self, **options: Any) -> dict[str, str]:
        for kind in (AccessToken, RefreshToken):
            try:
                if kind(self.validated_data["token"]).is_live():
                    return {}
            except ExpiredTokenError as error:
                raise refusal(error, "token") from error
            except TokenError:
                continue
        raise InvalidToken("The token is invalid.")


class LogoutSerializer(serializers.Serializer[Any]):
    refresh = RefreshTokenField(write_only=True)

    def save(self, **options: Any) -> None:
        token: RefreshToken = self.validated_data["refresh"]
        if not token.sign_ins().delete()[0]:
            raise InvalidToken("The token is invalid.")


class EmptySerializer(serializers.Serializer[Any]):
    pass


class LogoutAllSerializer(EmptySerializer):
    def save(self, **options: Any) -> None:
        self.context["request"].user.sign_out_everywhere()


WRONG_PASSWORD = ErrorDetail("This is not your password.", "wrong_password")


class OwnPasswordField(PasswordField):
    """The caller's password, asked for again; a wrong one counts as a failure to sign in."""

    def to_internal_value(self, data: Any) -> str:
        password = super().to_internal_value(data)
        request = self.context["request"]
        credentials = {"email": request.user.email, "password": password, "second_factor": False}
        if authenticate(request, **credentials) != request.user:
            raise serializers.ValidationError(WRONG_PASSWORD)
        return password


class PasswordConfirmationSerializer(serializers.Serializer[Any]):
    password = OwnPasswordField()


class DeletionSerializer(PasswordConfirmationSerializer):
    def save(self, **options: Any) -> None:
        delete_account(self.context["request"])


def delete_account(request: Any) -> None:
    """Deletes the account of the caller, who has confirmed it, and everything that it owns."""
    with transaction.atomic():
        # The lock keeps out tasks and sign-ins that are just being made.
        user = User.objects.lock(request.user)
        if user is None:
            raise InvalidToken("The sign-in of this token has ended.")
        user.delete()
        LoginLimit(request, user.email).forget()


class PasswordChangeSerializer(serializers.Serializer[Any]):
    current_password = OwnPasswordField()
    new_password = PasswordField(help_text=RULES)

    @transaction.atomic
    def save(self, **options: Any) -> None:
        user = User.objects.lock(self.context["request"].user)
        if user is None:  # another request changed the password or deleted the account
            raise InvalidToken("The sign-in of this token has ended.")
        check_new_password(self.validated_data["new_password"], user, "new_password")
        user.set_password(self.validated_data["new_password"])
        user.save(update_fields=["password"])


def check_new_password(password: str, user: User, field: str) -> None:
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise serializers.ValidationError({field: get_error_detail(error)}) from error
