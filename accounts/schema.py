"""Examples and security schemes that drf-spectacular cannot derive for the account routes."""

from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema_serializer,
)

from . import mail_links, serializers
from .credentials import scope_for

REFRESH = {"refresh": "eyJhbGciOiJIUzI1NiJ9.eyJzaWQiOiI…"}
PAIR = {"access": "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoi…", **REFRESH}
SIGN_IN = {"email": "ann@example.com", "password": "correct horse battery"}
PASSWORD_SENT = {"password": SIGN_IN["password"]}
PROFILE = {"name": "Ann", "timezone": "Europe/Berlin"}
STORED = {
    "id": 7,
    "email": "ann@example.com",
    **PROFILE,
    "date_joined": "2026-11-20T10:00:00.123456Z",
}
LINK = {"uid": "Nw", "token": "d0ckq8-6f1e5a1f0e9a4e0b"}
NEW = "a longer horse battery"
SIGN_IN_LISTED = {
    "id": "0b1f6c1e-5f0a-4e5c-9a53-7a1f8a3f0f5e",
    "created_at": "2026-11-20T10:00:00.123456Z",
    "last_used_at": "2026-11-21T08:00:00.123456Z",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "current": True,
}
PERSONAL_TOKEN_SENT = {
    "name": "Backup script",
    "scopes": ["tasks:read"],
    "expires_at": "2027-11-20T10:00:00Z",
}
PERSONAL_TOKEN = {
    "id": 3,
    **PERSONAL_TOKEN_SENT,
    "created_at": "2026-11-20T10:00:00.123456Z",
    "last_used_at": "2026-11-21T08:00:00.123456Z",
}
ID = OpenApiParameter(
    "id", {"type": "integer", "format": "int64", "minimum": 1}, OpenApiParameter.PATH
)

SENT: list[tuple[Any, dict[str, Any]]] = [
    (serializers.LoginSerializer, SIGN_IN),
    (serializers.RefreshSerializer, REFRESH),
    (serializers.VerifySerializer, {"token": PAIR["access"]}),
    (serializers.LogoutSerializer, REFRESH),
    (serializers.ProfileSerializer, PROFILE),
    (serializers.RegistrationSerializer, {**SIGN_IN, **PROFILE}),
    (serializers.PasswordConfirmationSerializer, PASSWORD_SENT),
    (
        serializers.PasswordChangeSerializer,
        {"current_password": SIGN_IN["password"], "new_password": NEW},
    ),
    (mail_links.PasswordResetSerializer, {"email": SIGN_IN["email"]}),
    (mail_links.EmailVerifySerializer, {**LINK, "password": SIGN_IN["password"]}),
    (mail_links.PasswordResetConfirmSerializer, {**LINK, "password": NEW}),
]
ANSWERED = {
    serializers.LoginSerializer: PAIR,
    serializers.RefreshSerializer: PAIR,
    serializers.ProfileSerializer: STORED,
}
for serializer, sent in SENT:
    examples = [OpenApiExample("A request", sent, request_only=True)]
    if serializer in ANSWERED:
        examples.append(OpenApiExample("An answer", ANSWERED[serializer], response_only=True))
    extend_schema_serializer(examples=examples)(serializer)


class SignInScheme(SimpleJWTScheme):
    """The library's extension matches only SimpleJWT's own class."""

    target_class = "accounts.authentication.SignInAuthentication"


class PersonalTokenScheme(OpenApiAuthenticationExtension):
    """Named in the document where a view takes personal tokens, with the scope that it needs."""

    target_class = "accounts.authentication.PersonalTokenAuthentication"
    name = "personalToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "todo_…",
            "description": "A personal access token of `POST /api/auth/tokens`, for programs. GET "
            "needs the scope `tasks:read`, other methods need `tasks:write`.",
        }

    def get_security_requirement(self, auto_schema: Any) -> Any:
        takes = scope_for(auto_schema.view, auto_schema.method)
        return super().get_security_requirement(auto_schema) if takes else []


class BetterAuthScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.better_auth.BetterAuthentication"
    name = "betterAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token from `/api/auth/token` of Better Auth in the front end.",
        }
