"""What proves who a caller is, beside the password."""

import re
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from zlib import crc32

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from todo_project.api.validators import validate_no_control_characters

PREFIX = "todo_"
SCOPES = ["tasks:read", "tasks:write"]


class PersonalToken(models.Model):
    """A token for a program. Its scopes say what the program may do with the user's tasks.

    It has 256 random bits, which nobody can guess, so a plain SHA-256 hash is enough to store it.
    """

    USED_EVERY = timedelta(minutes=1)  # `last_used_at` is not written more often

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="personal_tokens"
    )
    name = models.CharField(max_length=150, validators=[validate_no_control_characters])
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.CharField(max_length=100)  # separated by spaces, as in OAuth
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)  # for `clear_expired`
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    token: str  # known when it is made only

    class Meta:
        verbose_name = "personal access token"

    def __str__(self) -> str:
        return f"Token {self.pk}"

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def note_use(self, now: datetime) -> None:
        """Write `last_used_at` if it is not recent. One of many parallel requests writes."""
        if self.last_used_at and abs(now - self.last_used_at) < self.USED_EVERY:
            return
        recent = Q(last_used_at__gt=now - self.USED_EVERY, last_used_at__lt=now + self.USED_EVERY)
        PersonalToken.objects.filter(~recent, pk=self.pk).update(last_used_at=now)


def make_token() -> str:
    """A new token: the prefix, 32 random bytes and their checksum."""
    secret = secrets.token_urlsafe(32)
    return f"{PREFIX}{secret}{checksum(secret)}"


def checksum(secret: str) -> str:
    return urlsafe_b64encode(crc32(secret.encode()).to_bytes(4)).decode().rstrip("=")


def is_well_formed(token: str) -> bool:
    """False for a token with a typo. It needs no query."""
    match = re.fullmatch(f"{PREFIX}([A-Za-z0-9_-]{{43}})([A-Za-z0-9_-]{{6}})", token)
    return match is not None and checksum(match[1]) == match[2]


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def scope_for(view: Any, method: str) -> str | None:
    """The scope that a personal token needs for a call; None if the view takes no such token.

    A view takes personal tokens only if it has an attribute `access_scope`.
    """
    scope = getattr(view, "access_scope", None)
    action = "read" if method in ("GET", "HEAD", "OPTIONS") else "write"
    return f"{scope}:{action}" if scope else None
