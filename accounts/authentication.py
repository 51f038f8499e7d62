from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import BigAutoField, UUIDField
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import Token

from todo_project.prepared import Parameter, PreparedQuery

from .models import User, may_sign_in


class SignInAuthentication(JWTAuthentication):
    """A bearer token (RFC 6750) whose user and sign-in are looked up in one query."""

    def get_user(self, validated_token: Token) -> Any:
        user = look_up(settings.EMAIL_VERIFICATION).first(
            {"user": validated_token["user_id"], "sign_in": validated_token["sid"]}
        )
        if user is None:
            raise InvalidToken("The sign-in of this token has ended.")
        return user


@cache
def look_up(email_verification: str) -> PreparedQuery:
    user, sign_in = Parameter("user", BigAutoField()), Parameter("sign_in", UUIDField())
    return PreparedQuery(User.objects.filter(may_sign_in(), pk=user, sign_ins=sign_in))
