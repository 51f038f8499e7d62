from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import IntegrityError

from .models import Session


class SessionStore(db.SessionStore):
    """Stores the user of each session, so that sessions are deleted with the account."""

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
        """False for a malformed key. PostgreSQL cannot look up a string with a NUL."""
        parent: Any = super()
        return bool(parent._validate_session_key(key)) and key.isalnum()
