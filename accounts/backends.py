from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from . import hashers
from .login_limit import LoginLimit
from .models import User


class LimitedModelBackend(ModelBackend):
    """Checks a password, wherever it was typed: the API, its browser pages or the admin.

    Raises `Throttled` before the hash is computed when there were too many attempts, and `Busy`
    while others are checked.
    """

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **other: Any
    ) -> Any:
        email = User.objects.normalize_email(username or other.get(User.USERNAME_FIELD))
        with hashers.slots.take():  # to count takes time too
            limit = LoginLimit(request, email)
            limit.attempt()
            user = super().authenticate(request, email, password)
            if user:
                limit.succeed()
        return user

    def user_can_authenticate(self, user: Any) -> bool:
        verified = settings.EMAIL_VERIFICATION == "none" or user.email_verified_at
        return bool(verified) and super().user_can_authenticate(user)
