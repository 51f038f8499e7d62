import functools
import zoneinfo
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.timezone import now as current_time

from todo_project.validators import validate_no_control_characters


@functools.cache
def time_zones() -> set[str]:
    return zoneinfo.available_timezones()


def validate_time_zone(name: str) -> None:
    """An IANA time zone name, such as `Europe/Berlin`."""
    if name not in time_zones():
        raise ValidationError("Must be an IANA time zone, such as Europe/Berlin.")


class UserManager(BaseUserManager["User"]):
    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """One spelling for one account: trimmed and in lower case.

        RFC 5321 lets a mail server tell `Ann@` from `ann@`; people do not.
        """
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(
        "e-mail address",
        unique=True,
        error_messages={"unique": "An account with this e-mail address exists."},
    )
    name = models.CharField(
        max_length=150, blank=True, default="", validators=[validate_no_control_characters]
    )
    timezone = models.CharField(
        "time zone",
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text="An IANA name, such as Europe/Berlin; due dates and times mean this zone.",
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Clear this instead of deleting an account."
    )
    is_staff = models.BooleanField("staff", default=False, help_text="May use the admin.")
    date_joined = models.DateTimeField(default=current_time, editable=False)

    objects = UserManager()

    EMAIL_FIELD = USERNAME_FIELD = "email"

    class Meta:
        constraints = [
            # With the unique index this makes an address one account whatever its case.
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_is_lower_case",
                violation_error_message="Write the e-mail address in lower case.",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        self.email = self.__class__.objects.normalize_email(self.email)

    def local_time(self, now: datetime) -> datetime:
        """The instant `now` on the clock of this user's time zone."""
        return now.astimezone(zoneinfo.ZoneInfo(self.timezone))
