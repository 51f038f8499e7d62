"""Records of writes: tombstones of deleted objects and stored idempotent responses."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone


class Tombstone(models.Model):
    """Informs clients with a copy that an object was permanently deleted."""

    KEPT = timedelta(days=90)

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="tombstones", db_index=False
    )
    kind = models.CharField(max_length=20)  # the name of the model
    object_id = models.BigIntegerField()
    revision = models.BigIntegerField()
    deleted_at = models.DateTimeField(default=timezone.now, db_index=True)  # for the purge

    class Meta:
        default_permissions = ()
        # For a client that reads the deletions since a revision.
        indexes = [models.Index(fields=["owner", "revision", "id"], name="tombstone_by_revision")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"

    @classmethod
    def purge(cls, now: datetime) -> int:
        """Delete old tombstones. Stores the last deleted revision as `forgotten_revision`."""
        from .models import User

        old = cls.objects.filter(deleted_at__lt=now - cls.KEPT)
        total = 0
        for owner_id in list(old.order_by("owner").values_list("owner", flat=True).distinct()):
            with transaction.atomic():
                owner = User.objects.select_for_update().filter(pk=owner_id)
                last = old.filter(owner__in=owner).aggregate(last=Max("revision"))["last"]
                if last is not None:
                    owner.filter(forgotten_revision__lt=last).update(forgotten_revision=last)
                    total += old.filter(owner=owner_id, revision__lte=last).delete()[0]
        return total


class IdempotencyKey(models.Model):
    """The response to a POST with an `Idempotency-Key`, sent again for the same request.

    This is a table and not columns of the created object: a bulk call creates many objects or
    none, every model would need the columns, and the response outlives the created object.
    """

    KEPT = timedelta(days=1)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="idempotency_keys", db_index=False
    )
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)  # of the request
    status = models.PositiveSmallIntegerField()
    body = (
        models.TextField()
    )  # JSON text, because a JSON column would not keep the order of members
    headers: Any = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)  # for `clear_expired`

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return self.key
