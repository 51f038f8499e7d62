from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.settings import api_settings


class TwoKeyBackend(TokenBackend):
    """SimpleJWT's backend, but it also accepts tokens signed with a second key.

    Operators need this to change keys. JWT_SIGNING_KEY_PREVIOUS never signs a token.
    """

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


token_backend = TwoKeyBackend(
    api_settings.ALGORITHM,
    api_settings.SIGNING_KEY,
    audience=api_settings.AUDIENCE,
    issuer=api_settings.ISSUER,
    leeway=api_settings.LEEWAY,
)
