"""Serializers for links in mails, and for the request of one."""

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.db.models import QuerySet
from django.utils.crypto import get_random_string
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from todo_project.api.fields import StringField

from . import hashers, mails
from .fields import EmailField, PasswordField
from .login_limit import LoginLimit
from .models import User
from .serializers import WRONG_PASSWORD, check_new_password
from .validators import RULES


class PasswordResetSerializer(serializers.Serializer[Any]):
    email = EmailField()

    def save(self, **options: Any) -> dict[str, str]:
        mails.send_password_reset(self.validated_data["email"], self.context["request"])
        return {}


class LinkSerializer(serializers.Serializer[Any]):
    """The `uid` and `token` of a link in a mail. The link works once, however often at a time."""

    uid = StringField(max_length=32)
    token = StringField(max_length=64)
    tokens: PasswordResetTokenGenerator = mails.verification_tokens

    @transaction.atomic
    def save(self, **options: Any) -> None:
        user = self.find_user(User.objects.select_for_update(), self.validated_data)
        self.use(user)
        user.confirm_email()
        user.save()

    def find_user(self, users: QuerySet[User], link: dict[str, Any]) -> User:
        user = users.filter(is_active=True, pk=mails.user_of(link["uid"])).first()
        if user is None or not self.check_token(user, link["token"]):
            raise serializers.ValidationError(
                {"token": [ErrorDetail("The link was used, has expired or is wrong.", "invalid")]}
            )
        return user

    def check_token(self, user: User, token: str) -> bool:
        return self.tokens.check_token(user, token)

    def use(self, user: User) -> None:
        """What the link is for, beyond showing that its reader owns the address."""


class EmailVerifySerializer(LinkSerializer):
    """Changes the address to the one that the link was sent to, or confirms it as it is.

    An address that is confirmed for the first time may have been registered by somebody else.

    The account keeps its password only if the reader of the mail sends it too. Without it the
    password is removed, and its owner sets a new one by a reset.
    """

    password = PasswordField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        # Not in save(), as its transaction would take back the count of a wrong password.
        if "password" in attrs:
            self.check_password(self.find_user(User.objects.all(), attrs), attrs["password"])
        return attrs

    def check_password(self, user: User, password: str) -> None:
        with hashers.slots.take():
            limit = LoginLimit(self.context["request"], user.email)
            limit.attempt()
            if not user.check_password(password):
                raise serializers.ValidationError({"password": [WRONG_PASSWORD]})
            limit.succeed()

    def check_token(self, user: User, token: str) -> bool:
        self.is_change = mails.change_tokens.check_token(user, token)
        return self.is_change or super().check_token(user, token)

    def use(self, user: User) -> None:
        if self.is_change:
            user.change_email()
        elif "password" not in self.validated_data:
            # Not an unusable one, which staff give and a reset does not replace.
            user.set_password(get_random_string(64))


class PasswordResetConfirmSerializer(LinkSerializer):
    password = PasswordField(help_text=RULES)
    tokens = mails.reset_tokens

    def use(self, user: User) -> None:
        check_new_password(self.validated_data["password"], user, "password")
        user.set_password(self.validated_data["password"])
        LoginLimit(self.context["request"], user.email).forgive()
