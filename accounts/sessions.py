from typing import Any

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Django's. A cookie that is no key is no session: PostgreSQL looks nothing up by a NUL."""

    def _validate_session_key(self, key: Any) -> bool:
        parent: Any = super()
        return bool(parent._validate_session_key(key)) and key.isalnum()
