"""The second factor: one-time codes of an authenticator app (TOTP, RFC 6238), recovery codes.

PyOTP makes the codes and the address for the app. Which code is good, and that it is good once, is
decided here under a lock.
"""

import base64
import re
import secrets
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Any

import pyotp
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

RECOVERY_CODES = 10
ISSUER = "Todo API"


class SecondFactor(models.Model):
    """A user's key for one-time codes. It counts once a code has confirmed it.

    The key cannot be hashed, because codes are computed from it. Nobody can read it after setup.
    """

    STEP = 30  # seconds that a code is shown
    DRIFT = 1  # steps by which the clock of the app may be wrong

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="second_factor"
    )
    secret = models.CharField(max_length=64, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    last_step = models.BigIntegerField(default=0, editable=False)  # of the last code that was used
    recovery_digests: Any = models.JSONField(default=list, editable=False)  # of unused codes

    class Meta:
        verbose_name = "second factor"

    def __str__(self) -> str:
        return f"Second factor {self.pk}"

    @property
    def uri(self) -> str:
        """What the app reads from a QR code."""
        return pyotp.TOTP(self.secret).provisioning_uri(name=self.user.email, issuer_name=ISSUER)

    def confirm(self, code: str, now: datetime) -> list[str] | None:
        """Gives the recovery codes, or None for a wrong code. The caller holds the lock."""
        if self.confirmed_at or not self.use_code(clean(code), now):
            return None
        codes = [make_recovery_code() for _ in range(RECOVERY_CODES)]
        self.confirmed_at, self.recovery_digests = now, [digest(clean(one)) for one in codes]
        self.save()
        return codes

    def use(self, code: str, now: datetime) -> bool:
        """Use up a code of the app or a recovery code, if it is good. The caller holds the lock."""
        code = clean(code)
        used = self.use_code(code, now) or self.use_recovery_code(code)
        if used:
            self.save(update_fields=["last_step", "recovery_digests"])
        return used

    def use_code(self, code: str, now: datetime) -> bool:
        """A code is good once, and so are all codes before it."""
        current = int(now.timestamp()) // self.STEP
        for step in range(current - self.DRIFT, current + self.DRIFT + 1):
            expected = pyotp.TOTP(self.secret).generate_otp(step)
            if step > self.last_step and compare_digest(expected.encode(), code.encode()):
                self.last_step = step
                return True
        return False

    def use_recovery_code(self, code: str) -> bool:
        known = digest(code) in self.recovery_digests
        if known:
            self.recovery_digests.remove(digest(code))
        return known


class CodeRefused(AuthenticationFailed):
    """The password is right, but the code is missing or wrong."""


def check(user: Any, code: str | None) -> None:
    """Raises `CodeRefused` unless the user has no second factor or the code is good."""
    with transaction.atomic():
        factor = lock(user)
        if factor is None or factor.confirmed_at is None:
            return
        if not code:
            raise CodeRefused("Send the code of your second factor too.", "code_required")
        if not factor.use(code, timezone.now()):
            raise CodeRefused("The code is wrong or was used before.", "invalid_code")


def lock(user: Any) -> SecondFactor | None:
    return SecondFactor.objects.select_for_update().filter(user=user).first()


def clean(code: str) -> str:
    """People type `123 456`, and recovery codes in groups and in either case."""
    return re.sub(r"[\s-]", "", code).upper()


def make_recovery_code() -> str:
    """120 random bits, so a plain hash is enough to store it."""
    text = base64.b32encode(secrets.token_bytes(15)).decode()
    return "-".join(re.findall(".{6}", text))


def digest(code: str) -> str:
    return sha256(code.encode()).hexdigest()
