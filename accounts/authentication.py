from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import BigAutoField, CharField, F, UUIDField
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.tokens import Token

from todo_project.api.prepared import Parameter, PreparedQuery

from .credentials import PREFIX, PersonalToken, digest, is_well_formed, scope_for
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


class InsufficientScope(PermissionDenied):
    """A personal token that may not do this (RFC 6750, section 3.1)."""

    default_code = "insufficient_scope"

    def __init__(self, scope: str | None) -> None:
        super().__init__(
            f"This token does not have the scope {scope}."
            if scope
            else "A personal access token may not be used here."
        )
        self.auth_header = 'Bearer realm="api", error="insufficient_scope"'
        if scope:
            self.auth_header += f', scope="{scope}"'


class PersonalTokenAuthentication(BearerAuthentication):
    """Accepts personal access tokens. Leaves other tokens to the next class.

    Scopes are checked here, so no view can forget to check them: a view that declares no
    `access_scope` takes no personal token.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        token = self.get_personal_token(request)
        if token is None:
            return None
        user, personal = find(token) if is_well_formed(token) else (None, None)
        if personal is None or personal.has_expired(timezone.now()):
            raise InvalidToken("The token is invalid, has expired or was deleted.", "invalid_token")
        scope = scope_for(request.parser_context["view"], str(request.method))
        if scope not in personal.scopes.split():
            raise InsufficientScope(scope)
        personal.note_use(timezone.now())
        return user, personal

    def get_personal_token(self, request: Request) -> str | None:
        token = self.get_header(request).removeprefix(b"Bearer ").decode("latin-1")
        return token if token.startswith(PREFIX) else None

    def authenticate_header(self, request: Request) -> str:
        header = super().authenticate_header(request)
        return f'{header}, error="invalid_token"' if self.get_personal_token(request) else header


# What the user is looked up with, see `find()`.
COLUMNS = ["id", "scopes", "expires_at", "last_used_at"]


def find(token: str) -> tuple[User | None, PersonalToken | None]:
    """The user and the row of a token, in one query."""
    user = look_up_personal(settings.EMAIL_VERIFICATION).first({"digest": digest(token)})
    if user is None:
        return None, None
    values = {name: user.__dict__.pop(f"token_{name}") for name in COLUMNS}
    return user, PersonalToken(user=user, **values)


@cache
def look_up_personal(email_verification: str) -> PreparedQuery:
    columns = {f"token_{name}": F(f"personal_tokens__{name}") for name in COLUMNS}
    users = User.objects.filter(
        may_sign_in(), personal_tokens__digest=Parameter("digest", CharField())
    )
    return PreparedQuery(users.annotate(**columns))
