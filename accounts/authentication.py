from typing import Any

from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import Token

from .models import User


class SignInAuthentication(JWTAuthentication):
    """A bearer token (RFC 6750) whose user and sign-in are looked up in one query."""

    def get_user(self, validated_token: Token) -> Any:
        try:
            return User.objects.get(
                pk=validated_token["user_id"], is_active=True, sign_ins=validated_token["sid"]
            )
        except User.DoesNotExist as error:
            raise InvalidToken("The sign-in of this token has ended.") from error
