from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import BigAutoField, UUIDField
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.tokens import Token

from todo_project.api.prepared import Parameter, PreparedQuery

from .models import User, may_sign_in
from .tokens import AccessToken, refusal


class BearerAuthentication(JWTAuthentication):
    """Reads `Authorization: Bearer …` (RFC 6750). The scheme's case is ignored (RFC 9110)."""

    def get_header(self, request: Request) -> bytes:
        scheme, _, token = (super().get_header(request) or b"").partition(b" ")
        return b"Bearer " + token if scheme.lower() == b"bearer" else b""


class SignInAuthentication(BearerAuthentication):
    """Accepts our own access tokens. Loads the user and checks the sign-in in one query."""

    def get_validated_token(self, raw_token: bytes) -> Token:
        try:
            return AccessToken(raw_token)
        except TokenError as error:
            raise refusal(error, "access token") from error

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
