from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from . import hashers
from .login_limit import LoginLimit
from .models import User
from .second_factor import CodeRefused, check


class LimitedModelBackend(ModelBackend):
    """Checks a password, wherever it was typed: the API, its browser pages or the admin.

    Raises `Throttled` before the hash is computed when there were too many attempts, and `Busy`
    while others are checked. Raises `CodeRefused` if the user has a second factor and `code` is
    missing or wrong; `second_factor=False` is for users who are signed in and confirm who they are.
    """

    def authenticate(
        self,
        request: Any,
        username: str | None = None,
        password: str | None = None,
        code: str | None = None,
        second_factor: bool = True,
        **other: Any,
    ) -> Any:
        email = User.objects.normalize_email(username or other.get(User.USERNAME_FIELD))
        with hashers.slots.take():  # to count takes time too
            limit = LoginLimit(request, email)
            limit.attempt()
            user = super().authenticate(request, email, password)
            if user and second_factor:
                self.check_second_factor(user, code, limit)
            if user:
                limit.succeed()
        return user

    def check_second_factor(self, user: Any, code: str | None, limit: LoginLimit) -> None:
        """A wrong code counts as a failure. A missing one does not, and clears no failures."""
        try:
            check(user, code)
        except CodeRefused:
            if not code:
                limit.withdraw()
            raise

    def user_can_authenticate(self, user: Any) -> bool:
        verified = settings.EMAIL_VERIFICATION == "none" or user.email_verified_at
        return bool(verified) and super().user_can_authenticate(user)
