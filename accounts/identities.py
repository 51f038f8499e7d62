"""The account here of somebody who signs in elsewhere: found, linked or opened."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.serializers import ValidationError
from rest_framework_simplejwt.exceptions import InvalidToken

from todo_project.api.fields import StringField
from todo_project.api.validators import validate_no_control_characters

from .fields import EmailField
from .models import Identity, User, digests, may_sign_in

logger = logging.getLogger(__name__)

VERIFIED = ("email_verified", "emailVerified")  # OpenID Connect's claim and Better Auth's


@dataclass(frozen=True)
class Person:
    """Somebody as a token tells that has been verified."""

    issuer: str
    subject: str
    issued_at: datetime
    claims: Mapping[str, Any]

    @property
    def email(self) -> str:
        return valid(EmailField(), self.claims.get("email"))

    @property
    def email_verified(self) -> bool:
        told = [self.claims[name] for name in VERIFIED if name in self.claims]
        return bool(told) and all(value is True for value in told)

    @property
    def name(self) -> str:
        field = StringField(max_length=150, validators=[validate_no_control_characters])
        return valid(field, self.claims.get("name"))


def valid(field: StringField, value: Any) -> str:
    """What the API would take from a form; empty if it would not."""
    try:
        return str(field.run_validation(value))
    except ValidationError:
        return ""


def account_of(person: Person) -> User:
    """Raises `InvalidToken` or, where a new token would not help, `PermissionDenied`."""
    return find(person) or admit(person)


def find(person: Person) -> User | None:
    """Who may come in and is known, in one query, as every request asks it."""
    never = Q(identities__signed_out_at=None)
    before = Q(identities__signed_out_at__lt=person.issued_at)
    identity = {"identities__issuer": person.issuer, "identities__subject": person.subject}
    return User.objects.filter(may_sign_in(), never | before, **identity).first()


def admit(person: Person) -> User:
    try:
        return enter(person)
    except IntegrityError:  # another request of theirs, or for their address, was first
        return enter(person)


def enter(person: Person) -> User:
    """Refusals take no lock, with which strangers could hold up the owner of an address."""
    # Read before the identity: who finds an account that was just opened finds whose it is.
    user = User.objects.filter(email=person.email).first()
    identities = Identity.objects.select_related("user")
    subjects = [person.subject, *digests(person.subject)]
    identity = identities.filter(issuer=person.issuer, subject__in=subjects).first()
    if identity:
        distrust_future(identity)
        return readmit(identity.user, person)
    if not person.email:
        raise PermissionDenied("The token has no e-mail address for an account.", "email_required")
    check_verification(person)
    check_account(user, person)
    return link(user, person)


def distrust_future(identity: Identity) -> None:
    """Signed out by a clock that was set back since: tokens that are made from now on are good."""
    now = timezone.now()
    if identity.signed_out_at and identity.signed_out_at > now:
        Identity.objects.filter(pk=identity.pk).update(signed_out_at=now)


def readmit(user: User | None, person: Person) -> User:
    """Let somebody in who is known but was not found, if their address was confirmed since."""
    if user is None:
        raise PermissionDenied("This identity was removed from its account.", "identity_removed")
    if user.is_active and user.email_verified_at is None:
        check_verification(person)
        if person.email_verified:
            unconfirmed = User.objects.filter(pk=user.pk, email_verified_at=None)
            unconfirmed.filter(email=person.email).update(email_verified_at=timezone.now())
    found = find(person)
    if found is None:
        raise InvalidToken("The sign-in of this token has ended.")
    return found


def check_verification(person: Person) -> None:
    if settings.EMAIL_VERIFICATION == "required" and not person.email_verified:
        raise PermissionDenied("Confirm your e-mail address where you sign in.", "email_unverified")


def check_account(user: User | None, person: Person) -> None:
    """Whether somebody may have the account that their address has here."""
    if user and not person.email_verified:
        raise PermissionDenied(
            "Another account has this e-mail address. Confirm it where you sign in.", "email_in_use"
        )
    if user and not user.is_active:
        raise InvalidToken("The account is not active.")
    if user and user.email_verified_at is None and (user.is_staff or user.is_superuser):
        # To hand it over would take its password, and its work in the admin with it.
        raise PermissionDenied(
            "An account of staff has this e-mail address. Reset its password first.", "email_in_use"
        )


@transaction.atomic
def link(user: User | None, person: Person) -> User:
    if user:  # locked, so that whoever waited sees what was done meanwhile
        user = User.objects.select_for_update().filter(pk=user.pk).first()
    check_account(user, person)
    if user is None:
        user = open_account(person)
    elif user.email_verified_at is None:
        hand_over(user)
    user.identities.get_or_create(issuer=person.issuer, subject=person.subject)
    logger.info("User %s is %s of %s", user.pk, person.subject, person.issuer)
    return user


def open_account(person: Person) -> User:
    verified_at = timezone.now() if person.email_verified else None
    return User.objects.create_user(person.email, name=person.name, email_verified_at=verified_at)


def hand_over(user: User) -> None:
    """Whoever opened it may not own the address: nothing by which they come in stays good."""
    user.confirm_email()
    user.set_unusable_password()
    user.save(update_fields=["password", "email_verified_at"])
