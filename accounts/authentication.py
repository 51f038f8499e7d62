from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import Token

from .models import SignIn, User, may_sign_in


class SignInAuthentication(JWTAuthentication):
    """A bearer token (RFC 6750) whose user and sign-in are looked up in one query."""

    def get_user(self, validated_token: Token) -> Any:
        sign_in = SignIn._meta.pk.get_db_prep_value(validated_token["sid"], connection)
        query = look_up(settings.EMAIL_VERIFICATION)
        for user in User.objects.raw(query, [int(validated_token["user_id"]), sign_in]):
            return user
        raise InvalidToken("The sign-in of this token has ended.")


@cache
def look_up(email_verification: str) -> str:
    """The SQL that finds a user by the ids of user and sign-in, in this order.

    Every request asks it, and having Django build it took as long as asking.
    """
    users = User.objects.filter(may_sign_in()).filter(pk=0).filter(sign_ins=UUID(int=0))
    return users.query.sql_with_params()[0]
