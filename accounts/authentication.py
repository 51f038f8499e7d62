from typing import Any

from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import Token

from .models import User, may_sign_in


class SignInAuthentication(JWTAuthentication):
    """A bearer token (RFC 6750) whose user and sign-in are looked up in one query."""

    def get_user(self, validated_token: Token) -> Any:
        try:
            return User.objects.get(
                may_sign_in(), pk=validated_token["user_id"], sign_ins=validated_token["sid"]
            )
        except User.DoesNotExist as error:
            raise InvalidToken("The sign-in of this token has ended.") from error
