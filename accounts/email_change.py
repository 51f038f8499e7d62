"""Changing the address of an account. The link in the mail is used with `EmailVerifyView`."""

from typing import Any

from django.conf import settings
from django.db import transaction
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework_simplejwt.exceptions import InvalidToken

from . import mails
from .fields import EmailField
from .models import User
from .schema import SIGN_IN
from .serializers import EmptySerializer, OwnPasswordField
from .views import SubmitView


class EmailChangeSerializer(serializers.Serializer[Any]):
    """The address is stored as the one to be, so that a link is valid for the last request only."""

    password = OwnPasswordField()
    email = EmailField()

    def validate_email(self, email: str) -> str:
        if email == self.context["request"].user.email:
            raise serializers.ValidationError("This is your address already.", "unchanged")
        if settings.EMAIL_VERIFICATION == "none" and self.owner_of(email):
            raise serializers.ValidationError(
                "An account with this e-mail address exists.", "unique"
            )
        return email

    def owner_of(self, email: str) -> User | None:
        return User.objects.filter(email=email).first()

    def save(self, **options: Any) -> dict[str, str]:
        email, request = self.validated_data["email"], self.context["request"]
        with transaction.atomic():
            user = User.objects.lock(request.user)
            if user is None:
                raise InvalidToken("The sign-in of this token has ended.")
            user.new_email = email
            user.save(update_fields=["new_email"])
        owner = self.owner_of(email)
        if owner:  # the caller must not learn of it where registering does not tell either
            mails.send_account_exists(owner, request)
        else:
            mails.send_email_change(user, request)
        mails.send_email_change_notice(user, request)
        return {}


@extend_schema_view(
    post=extend_schema(
        summary="Change the e-mail address",
        responses={202: EmptySerializer},
        examples=[OpenApiExample("A request", SIGN_IN, request_only=True)],
    )
)
class EmailView(SubmitView):
    """Have a link sent to a new address. The address changes when the link is used.

    The old address gets a notice. Send `uid` and `token` of the link to `/api/auth/email/verify`.
    Your sign-ins stay.
    """

    name = "E-mail address"
    page_template = "accounts/email.html"
    serializer_class = EmailChangeSerializer
    status_code = 202
