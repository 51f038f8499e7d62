"""The tokens of a sign-in, SimpleJWT's with a claim `sid` (OpenID Connect) that names it.

SimpleJWT's own rotation lets parallel refreshes of one token all succeed, keeps every token in
the database and cannot end an access token; a row for each sign-in does without the first two
and can do the third.
"""

import logging
import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.exceptions import (
    AuthenticationFailed,
    ExpiredTokenError,
    InvalidToken,
    TokenError,
)
from rest_framework_simplejwt.utils import datetime_from_epoch

from .models import SignIn, User, may_sign_in
from .token_backend import token_backend

logger = logging.getLogger(__name__)

SIGN_INS_OF_A_USER = 50  # at a time; one more ends the oldest

# What comes of a token that is signed but lacks a claim, or has an absurd one.
MALFORMED = (AttributeError, KeyError, OSError, OverflowError, TypeError, ValueError)


class SignInToken(tokens.Token):
    _token_backend = token_backend

    def __init__(self, token: Any = None, verify: bool = True) -> None:
        try:
            super().__init__(token, verify)
        except MALFORMED as error:
            raise TokenError("Token is invalid") from error

    def verify(self) -> None:
        super().verify()
        uuid.UUID(self["sid"])
        uuid.UUID(hex=self["jti"])
        if not 0 < int(self["user_id"]) < 2**63:
            raise ValueError

    def sign_ins(self) -> QuerySet[SignIn]:
        """The sign-in of this token, if it lasts and its user may sign in."""
        return SignIn.objects.filter(may_sign_in("user__"), pk=self["sid"], user=self["user_id"])

    def is_live(self) -> bool:
        return self.sign_ins().exists()


class AccessToken(SignInToken, tokens.AccessToken):
    pass


class RefreshToken(SignInToken, tokens.RefreshToken):
    access_token_class = AccessToken

    @classmethod
    def for_user(cls, user: Any, user_agent: str = "") -> Any:
        """The first token of a new sign-in of `user`, whose password has just been checked.

        Raises `AuthenticationFailed` when the password has been changed since, as a change ends
        the sign-ins that there are and must not miss one that is about to be.
        """
        with transaction.atomic():
            if not User.objects.lock(user):
                raise AuthenticationFailed()
            # Those of a clock that was set back end first: the newer ones would never last.
            ahead = Q(created_at__gt=timezone.now() + SignIn.RACE)
            sign_ins = user.sign_ins.annotate(ahead=ahead).order_by("ahead", "-created_at")
            for oldest in sign_ins[SIGN_INS_OF_A_USER - 1 :]:
                oldest.delete()
            token: Any = super().for_user(user)
            sign_in = SignIn(user=user, refresh_id=token["jti"], user_agent=clean(user_agent))
            token.end_by(sign_in.created_at + settings.SIGN_IN_LIFETIME)
            sign_in.expires_at = token.expires_at
            sign_in.save(force_insert=True)
            token["sid"] = str(sign_in.pk)
            return token

    @property
    def expires_at(self) -> Any:
        return datetime_from_epoch(self["exp"])

    def end_by(self, end: datetime) -> None:
        if self.expires_at > end:
            self.set_exp(from_time=end, lifetime=timedelta())

    def is_live(self) -> bool:
        return self.sign_ins().filter(refresh_id=self["jti"]).exists()

    def rotate(self) -> "RefreshToken":
        """Spend this token for the next of its sign-in. Raises `InvalidToken` when it is spent.

        Reuse (RFC 9700, section 4.14.2) ends the sign-in, unless it is too soon for a thief.
        """
        with transaction.atomic():
            sign_in = self.sign_ins().select_for_update(of=["self"]).first()
            if sign_in and sign_in.refresh_id == self["jti"]:
                return self.succeed(sign_in)
            if sign_in and not sign_in.lately_spent(self["jti"], self.current_time):
                logger.warning("Refresh token of user %s reused; sign-in ended", self["user_id"])
                sign_in.delete()
        raise InvalidToken("Token is spent")

    def succeed(self, sign_in: SignIn) -> Self:
        successor = type(self)()
        successor["user_id"], successor["sid"] = self["user_id"], self["sid"]
        successor.end_by(sign_in.created_at + settings.SIGN_IN_LIFETIME)
        sign_in.renew(successor["jti"], self.current_time, successor.expires_at)
        return successor

    def pair(self) -> dict[str, str]:
        return {"access": str(self.access_token), "refresh": str(self)}


def clean(user_agent: str) -> str:
    """The header as far as it can be stored and shown."""
    shown = "".join(letter for letter in user_agent if letter.isprintable())
    limit: Any = SignIn._meta.get_field("user_agent").max_length
    return shown[:limit]


def refusal(error: TokenError, name: str) -> InvalidToken:
    """The 401 that tells whether a token has expired; `name` is what to call the token."""
    if isinstance(error, ExpiredTokenError):
        return InvalidToken(f"The {name} has expired.", "token_expired")
    return InvalidToken(f"The {name} is invalid.")
