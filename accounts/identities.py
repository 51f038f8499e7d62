"""Finds, links or creates the account of a person who signs in at another server."""

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

from .access import digests
from .fields import EmailField
from .models import Identity, User, may_sign_in

logger = logging.getLogger(__name__)

VERIFIED = ("email_verified", "emailVerified")  # the claims of OpenID Connect and of Better Auth


@dataclass(frozen=True)
class Person:
    """A person as described by a verified token."""

    issuer: str
    subject: str
    issued_at: datetime
    claims: Mapping[str, Any]

    @property
    def email(self) -> str:
        return valid_or_empty(EmailField(), self.claims.get("email"))

    @property
    def email_verified(self) -> bool:
        values = [self.claims[name] for name in VERIFIED if name in self.claims]
        return bool(values) and all(value is True for value in values)

    @property
    def name(self) -> str:
        field = StringField(max_length=150, validators=[validate_no_control_characters])
        return valid_or_empty(field, self.claims.get("name"))


def valid_or_empty(field: StringField, value: Any) -> str:
    """The validated value; an empty string if the API would reject it."""
    try:
        return str(field.run_validation(value))
    except ValidationError:
        return ""


def account_of(person: Person) -> User:
    """Raises `InvalidToken`, or `PermissionDenied` if a new token would not help."""
    return find(person) or find_or_link(person)


def find(person: Person) -> User | None:
    """The user of a known identity that may sign in. One query, because every request runs it."""
    never = Q(identities__signed_out_at=None)
    before = Q(identities__signed_out_at__lt=person.issued_at)
    identity = {"identities__issuer": person.issuer, "identities__subject": person.subject}
    return User.objects.filter(may_sign_in(), never | before, **identity).first()


def find_or_link(person: Person) -> User:
    try:
        return try_to_link(person)
    except IntegrityError:  # a parallel request created the identity or the account
        return try_to_link(person)


def try_to_link(person: Person) -> User:
    """Takes no lock before the checks, so strangers cannot block the owner of an address."""
    # Read the user before the identity: for an account created in between, both are found.
    user = User.objects.filter(email=person.email).first()
    identities = Identity.objects.select_related("user")
    subjects = [person.subject, *digests(person.subject)]
    identity = identities.filter(issuer=person.issuer, subject__in=subjects).first()
    if identity:
        limit_to_now(identity)
        return find_linked(identity.user, person)
    if not person.email:
        raise PermissionDenied("The token has no valid e-mail address.", "email_required")
    check_verification(person)
    check_account(user, person)
    return link(user, person)


def limit_to_now(identity: Identity) -> None:
    """Correct a sign-out time in the future, from a clock that was set back since.

    Tokens issued from now on are then valid.
    """
    now = timezone.now()
    if identity.signed_out_at and identity.signed_out_at > now:
        Identity.objects.filter(pk=identity.pk).update(signed_out_at=now)


def find_linked(user: User | None, person: Person) -> User:
    """The user of an identity that `find()` did not accept, if the address is now confirmed."""
    if user is None:
        raise PermissionDenied("This sign-in was removed from its account.", "identity_removed")
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
        raise PermissionDenied(
            "Confirm your e-mail address at the server where you sign in.", "email_unverified"
        )


def check_account(user: User | None, person: Person) -> None:
    """Raises an exception if the person may not use the account with this address."""
    if user and not person.email_verified:
        raise PermissionDenied(
            "Another account has this e-mail address. Confirm it where you sign in.", "email_in_use"
        )
    if user and not user.is_active:
        raise InvalidToken("The account is not active.")
    if user and user.email_verified_at is None and (user.is_staff or user.is_superuser):
        # Linking removes the password of an unconfirmed account, which the admin needs.
        raise PermissionDenied(
            "A staff account has this e-mail address. Reset its password first.", "email_in_use"
        )


@transaction.atomic
def link(user: User | None, person: Person) -> User:
    if user:  # locked and read again, because a parallel request may have changed it
        user = User.objects.select_for_update().filter(pk=user.pk).first()
    check_account(user, person)
    if user is None:
        user = create_account(person)
    elif user.email_verified_at is None:
        remove_credentials(user)
    user.identities.get_or_create(issuer=person.issuer, subject=person.subject)
    logger.info("User %s is linked to %s of %s", user.pk, person.subject, person.issuer)
    return user


def create_account(person: Person) -> User:
    verified_at = timezone.now() if person.email_verified else None
    return User.objects.create_user(person.email, name=person.name, email_verified_at=verified_at)


def remove_credentials(user: User) -> None:
    """The account's creator may not own the address, so all old credentials become invalid."""
    user.confirm_email()
    user.set_unusable_password()
    user.save(update_fields=["password", "email_verified_at"])
