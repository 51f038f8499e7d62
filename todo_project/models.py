import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.admin import models as django_admin
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone


class LogEntry(models.Model):
    """An action of a staff user in the admin. Replaces Django's model of the same name.

    Django deletes an entry with the account of its user, and stores the object's text, such as an
    e-mail address or a title. This model keeps the entry and stores only the object's id.
    """

    action_time = models.DateTimeField(default=timezone.now, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    content_type = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    object_id = models.CharField(max_length=64)
    action_flag = models.PositiveSmallIntegerField(choices=django_admin.ACTION_FLAG_CHOICES)
    change_message = models.TextField(blank=True)

    object = GenericForeignKey()

    class Meta:
        verbose_name_plural = "log entries"
        default_permissions = ()
        ordering = ["-action_time"]
        # For the history page of an object.
        indexes = [models.Index(fields=["content_type", "object_id"], name="log_by_object")]

    def __str__(self) -> str:
        return f"{self.get_action_flag_display()}: {self.object_repr}"

    @staticmethod
    def record(
        user: Any, objects: Iterable[models.Model], action_flag: int, message: Any = ""
    ) -> None:
        """Adds an entry for each object. `message` is a string or the admin's list of changes."""
        text = message if isinstance(message, str) else json.dumps(message)
        LogEntry.objects.bulk_create(
            LogEntry(
                user=user,
                content_type=ContentType.objects.get_for_model(one),
                object_id=one.pk,
                action_flag=action_flag,
                change_message=text,
            )
            for one in objects
        )

    @property
    def object_repr(self) -> str:
        """The current text of the object, or its type and id if it was deleted."""
        return str(self.object or f"{self.content_type.name.capitalize()} {self.object_id}")

    # The admin's templates use these.
    is_addition = django_admin.LogEntry.is_addition
    is_change = django_admin.LogEntry.is_change
    is_deletion = django_admin.LogEntry.is_deletion
    get_change_message = django_admin.LogEntry.get_change_message
    get_admin_url = django_admin.LogEntry.get_admin_url
