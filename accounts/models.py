import zoneinfo
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Lower
from django.utils.timezone import now as current_time

from todo_project.api.validators import validate_no_control_characters

from .access import Identity as Identity
from .access import Session as Session
from .access import SignIn as SignIn
from .attempts import Attempts as Attempts
from .credentials import PersonalToken as PersonalToken
from .revisions import IdempotencyKey as IdempotencyKey
from .revisions import Tombstone as Tombstone
from .second_factor import SecondFactor as SecondFactor
from .zones import TimeZoneField


def validate_ascii(email: str) -> None:
    """Letters that look like others, or fold to them (U+212A to `k`), make no second address."""
    if not email.isascii():
        raise ValidationError("Write the address in ASCII, an international domain as xn--….")


def validate_unquoted(email: str) -> None:
    """`x@d`, `"x"@d` and `"\\x"@d` are one mailbox (RFC 5321, 4.1.2), so they make one account."""
    if '"' in email:
        raise ValidationError("Write the address without quotes.")


def may_sign_in(prefix: str = "") -> models.Q:
    """Active and, where addresses are to be confirmed, confirmed; of a user or, with a prefix,
    of the user of something."""
    if settings.EMAIL_VERIFICATION == "none":
        return models.Q(**{f"{prefix}is_active": True})
    return models.Q(**{f"{prefix}is_active": True, f"{prefix}email_verified_at__isnull": False})


class UserManager(BaseUserManager["User"]):
    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """One spelling for one account: trimmed and in lower case.

        RFC 5321 lets a mail server tell `Ann@` from `ann@`; people do not.
        """
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))

    def lock(self, user: "User") -> "User | None":
        """The row of a user, locked, if its password and right to sign in are what they were."""
        unchanged = self.filter(may_sign_in(), pk=user.pk, password=user.password)
        return unchanged.select_for_update().first()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        fields = {
            "is_staff": True,
            "is_superuser": True,
            "email_verified_at": current_time(),
            **fields,
        }
        return self.create_user(email, password, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(
        "e-mail address",
        unique=True,
        validators=[validate_ascii, validate_unquoted, validate_no_control_characters],
        error_messages={"unique": "An account with this e-mail address exists."},
    )
    name = models.CharField(
        max_length=150, blank=True, default="", validators=[validate_no_control_characters]
    )
    timezone = TimeZoneField(
        "time zone",
        max_length=64,
        default="UTC",
        help_text="An IANA name, such as Europe/Berlin; due dates and times mean this zone.",
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Clear this instead of deleting an account."
    )
    is_staff = models.BooleanField("staff", default=False, help_text="May use the admin.")
    date_joined = models.DateTimeField(default=current_time, editable=False)
    email_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    # What `email` becomes when the link in a mail to this address is used.
    new_email = models.EmailField(blank=True, default="", editable=False)
    # Part of what a browser's session is checked against, so that raising it ends them all.
    session_version = models.PositiveIntegerField(default=0, editable=False)
    # The number of the last write of what the user owns, see todo_project/api/writes.py.
    revision = models.BigIntegerField(default=0, editable=False)
    # Tombstones up to this number are purged.
    forgotten_revision = models.BigIntegerField(default=0, editable=False)
    # Raised when the database was restored from a backup, as numbers are then given again.
    sync_epoch = models.BigIntegerField(default=0, editable=False)

    objects = UserManager()

    COUNTERS = ("revision", "forgotten_revision", "sync_epoch")

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

    _password: str | None

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password)
        self._password = raw_password or ""

    def set_unusable_password(self) -> None:
        super().set_unusable_password()
        self._password = ""

    def save(self, *args: Any, **options: Any) -> None:
        """A new password, or none any more, and deactivation end every sign-in.

        Django takes `_password` back when it merely upgrades a hash.
        """
        password, adding = self._password, self._state.adding
        if not adding and options.get("update_fields") is None:
            options["update_fields"] = self.saved_fields()
        with transaction.atomic():
            super().save(*args, **options)
            if adding:
                return
            if password and self.email_verified_at is None:
                self.identities.all().delete()  # they may be another's than the password
            if password is not None or not self.is_active:
                self.end_sign_ins()
            if not self.is_active:
                self.personal_tokens.all().delete()

    def saved_fields(self) -> set[str]:
        """What a save writes: not the counters, which others may have raised since."""
        fields = {field.attname for field in self._meta.concrete_fields if not field.primary_key}
        return fields - self.get_deferred_fields() - {*self.COUNTERS}

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Locked first, as writers of what the user owns lock it first, too."""
        with transaction.atomic():
            User.objects.select_for_update().filter(pk=self.pk).first()
            for identity in self.identities.all():
                identity.remove()
            return super().delete(*args, **options)

    def confirm_email(self) -> None:
        """Mark the address as confirmed, and remove credentials set before. The caller saves."""
        if self.email_verified_at is None:
            self.identities.all().delete()
            self.personal_tokens.all().delete()
            SecondFactor.objects.filter(user=self).delete()
            self.email_verified_at = current_time()

    def change_email(self) -> None:
        """The link in a mail to the new address was used; the caller saves."""
        self.email, self.new_email = self.new_email, ""
        self.email_verified_at = current_time()

    def end_sign_ins(self) -> None:
        self.sign_ins.all().delete()
        self.identities.update(signed_out_at=current_time())

    def sign_out_everywhere(self) -> None:
        """End every sign-in: all tokens and all browser sessions are dead at once."""
        with transaction.atomic():
            User.objects.filter(pk=self.pk).update(session_version=F("session_version") + 1)
            self.end_sign_ins()
            self.personal_tokens.all().delete()

    @property
    def has_second_factor(self) -> bool:
        return SecondFactor.objects.filter(user=self, confirmed_at__isnull=False).exists()

    def get_session_auth_hash(self) -> str:
        return f"{super().get_session_auth_hash()}{self.session_version}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for fallback in super().get_session_auth_fallback_hash():
            yield f"{fallback}{self.session_version}"

    def local_time(self, now: datetime) -> datetime:
        """The instant `now` on the clock of this user's time zone."""
        return now.astimezone(zoneinfo.ZoneInfo(self.timezone))
