from secrets import token_urlsafe

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.credentials import digest


class CalendarFeed(models.Model):
    """The secret address of a user's calendar. Only a hash of the secret is stored.

    The secret has 256 random bits, so a plain SHA-256 hash is enough.
    """

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="calendar_feed"
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"Calendar of user {self.owner_id}"

    @classmethod
    def replace(cls, owner_id: int) -> str:
        """Make a new address, in place of an earlier one. Gives its secret."""
        secret = token_urlsafe(32)
        values = {"digest": digest(secret), "created_at": timezone.now()}
        cls.objects.update_or_create(owner_id=owner_id, defaults=values)
        return secret


class ImportedItem(models.Model):
    """An object that an import made. The same file finds it and makes nothing again."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    key = models.CharField(max_length=64, editable=False)  # a hash of where it came from
    kind = models.CharField(max_length=10, editable=False)  # the name of its model
    object_id = models.BigIntegerField(editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="imported_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
