from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import IntegrityError

from .models import Session


class SessionStore(db.SessionStore):
    """Django's, in a table that knows whose a session is, so it is deleted with the account."""

    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session: Any = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        return session

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except IntegrityError as error:  # the account was deleted while the request ran
            raise UpdateError from error

    def _validate_session_key(self, key: Any) -> bool:
        """A cookie that is no key is no session: PostgreSQL looks nothing up by a NUL."""
        parent: Any = super()
        return bool(parent._validate_session_key(key)) and key.isalnum()
