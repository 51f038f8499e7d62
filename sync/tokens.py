"""Tokens that store how far a client has read the changes of a user."""

from typing import NamedTuple

from django.core.signing import BadSignature, Signer
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError

from accounts.models import User
from todo_project.api.problems import invalid

# Increase this when the meaning of a position changes, such as with new collections.
FORMAT = 2
SALT = "sync"


class TokenExpired(APIException):
    status_code = status.HTTP_410_GONE
    default_code = "sync_token_expired"
    default_detail = (
        "This sync token has expired. Delete your copy and start again without `since`."
    )


class Position(NamedTuple):
    """A position in the changes, which are ordered by revision, source and id.

    `start` is the revision at which the client started without a token. The client has no copy of
    objects that were deleted before it.
    """

    revision: int
    source: int
    last_id: int
    start: int


def write_token(user: User, position: Position) -> str:
    return Signer(salt=SALT).sign_object([FORMAT, user.pk, user.sync_epoch, *position])


def read_token(user: User, token: str) -> Position:
    """Raises `ValidationError` (400) for an invalid token, `TokenExpired` for an old one."""
    try:
        form, owner, epoch, *rest = Signer(salt=SALT).unsign_object(token)
    except BadSignature:
        form, owner, epoch, rest = None, None, None, []
    if (form, owner) != (FORMAT, user.pk):
        raise invalid_token()
    if epoch != user.sync_epoch:
        raise TokenExpired()
    position = Position(*rest)
    if position.revision > user.revision:
        raise invalid_token()
    if max(position.revision, position.start) < user.forgotten_revision:
        raise TokenExpired()
    return position


def invalid_token() -> ValidationError:
    message = "This is not a sync token of your account. Omit it to start from the beginning."
    return invalid("since", message)
