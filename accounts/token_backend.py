import time
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.settings import api_settings

VERIFIED = 1_000  # tokens that a process remembers; each takes about 2 KB


class TwoKeyBackend(TokenBackend):
    """SimpleJWT's backend, but it also accepts tokens signed with a second key.

    Operators need this to change keys. JWT_SIGNING_KEY_PREVIOUS never signs a token.

    A process checks a signature once. Later it only checks whether the token has expired.
    """

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        if not verify:
            return super().decode(token, verify)
        payload = decode_once(self, token, settings.JWT_SIGNING_KEY_PREVIOUS)
        if int(payload.get("exp", 0)) <= time.time():
            return super().decode(token)  # raises the error, or allows for LEEWAY
        return {**payload}

    def get_verifying_key(self, token: Any) -> Any:
        second: str = settings.JWT_SIGNING_KEY_PREVIOUS
        if second and self.is_signed_with(second, token):
            return second.encode()
        return super().get_verifying_key(token)

    def is_signed_with(self, key: str, token: Any) -> bool:
        try:
            jwt.api_jws.decode(token, key, [self.algorithm])
        except jwt.InvalidTokenError:
            return False
        return True


@lru_cache(VERIFIED)
def decode_once(backend: TwoKeyBackend, token: Any, second_key: str) -> dict[str, Any]:
    """The claims of a valid token. An error is not kept."""
    return TokenBackend.decode(backend, token)


token_backend = TwoKeyBackend(
    api_settings.ALGORITHM,
    api_settings.SIGNING_KEY,
    audience=api_settings.AUDIENCE,
    issuer=api_settings.ISSUER,
    leeway=api_settings.LEEWAY,
)
