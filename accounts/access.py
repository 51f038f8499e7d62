"""How users are signed in: with tokens, in a browser, or at an identity provider."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac


class SignIn(models.Model):
    """One act of signing in. Its tokens contain its id and are valid while the row exists.

    A request looks up the user and the row in one query, so deleting the row ends the access
    tokens at once.
    """

    # A spent refresh token that is sent again within this time came from two parallel requests.
    RACE = timedelta(seconds=10)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins"
    )
    refresh_id = models.CharField(max_length=32)  # of the refresh token that is valid
    # Refresh tokens that were spent within `RACE`: their ids and Unix times.
    spent = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now)  # by a login or a refresh
    user_agent = models.CharField(max_length=300, blank=True, default="")
    expires_at = models.DateTimeField(db_index=True)  # found by `clear_expired`

    class Meta:
        verbose_name = "sign-in"

    def __str__(self) -> str:
        return f"{self.user_id} at {self.created_at:%Y-%m-%d %H:%M}"

    def renew(self, refresh_id: str, now: datetime, expires_at: datetime) -> None:
        """Spend the valid refresh token for another. The caller holds the lock on the row."""
        self.spent = {name: at for name, at in self.spent.items() if self.is_race(at, now)}
        self.spent[self.refresh_id] = now.timestamp()
        self.refresh_id, self.expires_at, self.last_used_at = refresh_id, expires_at, now
        self.save(update_fields=["spent", "refresh_id", "expires_at", "last_used_at"])

    def lately_spent(self, refresh_id: str, now: datetime) -> bool:
        return self.is_race(self.spent.get(refresh_id, 0), now)

    def is_race(self, at: float, now: datetime) -> bool:
        """True also for a time shortly after `now`: a request reads the clock before it waits for
        the row. A time far after `now` is from before the clock was set back.
        """
        return abs(now.timestamp() - at) < self.RACE.total_seconds()


class Session(AbstractBaseSession):
    """A browser, with or without a user who is signed in; see accounts/sessions.py."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sessions"
    )

    class Meta(AbstractBaseSession.Meta):
        default_permissions = ()

    @classmethod
    def get_session_store_class(cls) -> Any:
        from .sessions import SessionStore

        return SessionStore


class Identity(models.Model):
    """A person as an identity provider knows them, linked to their account here.

    An identity without an account was removed, or its account was deleted. The row stays, with
    only a digest of the subject. Otherwise a token that is still valid would create an account.
    """

    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="identities"
    )
    created_at = models.DateTimeField(default=timezone.now)
    # Tokens that were issued before are invalid.
    signed_out_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_is_one_person"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer}"

    def remove(self) -> None:
        """End its link to the account permanently."""
        subject = digests(self.subject)[0]
        Identity.objects.filter(pk=self.pk).update(user=None, subject=subject)


def digests(subject: str) -> list[str]:
    """The digests of a subject, with the current key and with older keys."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    hashes = [salted_hmac("identity", subject, key, algorithm="sha256") for key in keys]
    return [one.hexdigest() for one in hashes]
