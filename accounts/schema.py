"""Examples and security schemes that drf-spectacular cannot derive for the account routes."""

from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

from . import serializers

REFRESH = {"refresh": "eyJhbGciOiJIUzI1NiJ9.eyJzaWQiOiI…"}
PAIR = {"access": "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoi…", **REFRESH}
SIGN_IN = {"email": "ann@example.com", "password": "correct horse battery"}
PROFILE = {"name": "Ann", "timezone": "Europe/Berlin"}
STORED = {
    "id": 7,
    "email": "ann@example.com",
    **PROFILE,
    "date_joined": "2026-11-20T10:00:00.123456Z",
}
LINK = {"uid": "Nw", "token": "d0ckq8-6f1e5a1f0e9a4e0b"}
NEW = "a longer horse battery"

SENT: list[tuple[Any, dict[str, Any]]] = [
    (serializers.LoginSerializer, SIGN_IN),
    (serializers.RefreshSerializer, REFRESH),
    (serializers.VerifySerializer, {"token": PAIR["access"]}),
    (serializers.LogoutSerializer, REFRESH),
    (serializers.ProfileSerializer, PROFILE),
    (serializers.RegistrationSerializer, {**SIGN_IN, **PROFILE}),
    (serializers.PasswordConfirmationSerializer, {"password": SIGN_IN["password"]}),
    (
        serializers.PasswordChangeSerializer,
        {"current_password": SIGN_IN["password"], "new_password": NEW},
    ),
    (serializers.PasswordResetSerializer, {"email": SIGN_IN["email"]}),
    (serializers.EmailVerifySerializer, {**LINK, "password": SIGN_IN["password"]}),
    (serializers.PasswordResetConfirmSerializer, {**LINK, "password": NEW}),
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
