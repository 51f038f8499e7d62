"""Authentication with tokens of Better Auth, in addition to our own tokens.

Better Auth's JWT plugin signs tokens with a private key and publishes the public key. Older front
ends sign tokens with the shared secret. The algorithm of a token decides which of the two verifies
it, and neither accepts an algorithm of the other.
"""

import re
from datetime import UTC, datetime
from typing import Any

import jwt
from django.conf import settings
from jwt import ExpiredSignatureError, InvalidTokenError, PyJWTError
from jwt.types import Options
from rest_framework_simplejwt.exceptions import InvalidToken

from .authentication import BearerAuthentication
from .identities import Person, account_of
from .jwks import keys_at

# The issuer in `Identity` for tokens signed with the secret, which may have no `iss`.
HS256_ISSUER = "BETTER_AUTH_SECRET"


class BetterAuthentication(BearerAuthentication):
    """Accepts bearer tokens of another issuer. Leaves our own tokens to the next class."""

    def get_raw_token(self, header: bytes) -> bytes | None:
        token = super().get_raw_token(header)
        return token if token and is_foreign(token) else None

    def get_validated_token(self, raw_token: bytes) -> Any:
        try:
            return verify(raw_token)
        except ExpiredSignatureError as error:
            raise InvalidToken("The token has expired.", "token_expired") from error
        except PyJWTError as error:
            raise InvalidToken(str(error)) from error

    def get_user(self, validated_token: Any) -> Any:
        return account_of(validated_token)


def is_foreign(token: bytes) -> bool:
    try:
        return bool(unverified(token)["payload"].get("iss") != settings.SIMPLE_JWT["ISSUER"])
    except PyJWTError:
        return False


def unverified(token: bytes) -> dict[str, Any]:
    return jwt.decode_complete(token, options={"verify_signature": False})


def verify(token: bytes) -> Person:
    """Raises `PyJWTError`."""
    parts = unverified(token)
    if parts["header"].get("alg") == "HS256":
        return verify_by_secret(token, parts["payload"])
    return verify_by_key(token, parts["payload"], parts["header"].get("kid"))


def verify_by_key(token: bytes, payload: dict[str, Any], key_id: str | None) -> Person:
    """Verifies a token of the JWT plugin. `payload` and `key_id` are not verified yet."""
    issuer = settings.BETTER_AUTH_ISSUER
    if not (settings.BETTER_AUTH_URL and key_id and payload.get("iss") == issuer):
        raise InvalidTokenError("Token is invalid")  # no key could verify it, so fetch none
    key = keys_at(f"{settings.BETTER_AUTH_URL}/api/auth/jwks").get(key_id)
    if key is None:
        raise InvalidTokenError("Token is signed with an unknown key")
    audience = settings.BETTER_AUTH_AUDIENCE
    required = ["aud", "exp", "iat", "sub"]
    claims = decode(token, key, key.algorithm_name, required, audience=audience)
    return person(issuer, claims["sub"], claims)


def verify_by_secret(token: bytes, payload: dict[str, Any]) -> Person:
    """Verifies a token signed with the secret. `iss` and `aud` are checked if present."""
    if not settings.BETTER_AUTH_SECRET:
        raise InvalidTokenError("Token is invalid")
    issuer = (settings.BETTER_AUTH_ISSUER or None) if "iss" in payload else None
    audience = (settings.BETTER_AUTH_AUDIENCE or None) if "aud" in payload else None
    key = settings.BETTER_AUTH_SECRET
    claims = decode(token, key, "HS256", ["exp"], issuer=issuer, audience=audience)
    subject = next((claims[name] for name in ("sub", "user_id", "id") if name in claims), None)
    return person(HS256_ISSUER, subject, claims)


def decode(token: bytes, key: Any, algorithm: str, required: list[str], **expected: Any) -> Any:
    options = Options(require=required, enforce_minimum_key_length=True)
    leeway: Any = settings.SIMPLE_JWT["LEEWAY"]
    return jwt.decode(token, key, [algorithm], options, leeway=leeway, **expected)


def person(issuer: str, subject: Any, claims: dict[str, Any]) -> Person:
    subject = str(subject) if type(subject) is int else subject
    if not (isinstance(subject, str) and re.fullmatch("[!-~]{1,255}", subject)):
        raise InvalidTokenError("Token has no valid subject")
    # A token without `iat` counts as older than every sign-out; otherwise none could end it.
    issued_at = datetime.fromtimestamp(max(0, int(claims.get("iat", 0))), UTC)
    return Person(issuer, subject, issued_at, claims)
