"""Setting up and removing a second factor."""

from typing import Any

import pyotp
import segno
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.safestring import SafeString
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import InvalidToken

from todo_project.api.fields import StringField
from todo_project.api.problems import Conflict

from .models import User
from .schema import PASSWORD_SENT
from .second_factor import RECOVERY_CODES, SecondFactor, lock
from .serializers import EmptySerializer, PasswordConfirmationSerializer
from .views import SubmitView

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
URI = f"otpauth://totp/Todo%20API:ann%40example.com?secret={KEY}&issuer=Todo%20API"
CODES = [f"{n:06d}-ABCDEF-GHIJKL-MNOPQR" for n in range(RECOVERY_CODES)]


class KeySerializer(EmptySerializer):
    secret = serializers.CharField(read_only=True)
    uri = serializers.CharField(read_only=True, help_text="For the QR code that the app scans.")

    def save(self, **options: Any) -> dict[str, str]:
        """A new key, in place of one that was never confirmed."""
        with transaction.atomic():
            user = User.objects.lock(self.context["request"].user)
            if user is None:
                raise InvalidToken("The sign-in of this token has ended.")
            factor = lock(user) or SecondFactor(user=user)
            if factor.confirmed_at:
                raise Conflict("You have a second factor. Delete it first.")
            factor.secret, factor.last_step = pyotp.random_base32(), 0
            factor.save()
        return {"secret": factor.secret, "uri": factor.uri}


class CodeSerializer(serializers.Serializer[Any]):
    code = StringField(write_only=True, max_length=50)
    recovery_codes = serializers.ListField(child=serializers.CharField(), read_only=True)

    def save(self, **options: Any) -> dict[str, Any]:
        with transaction.atomic():
            factor = lock(self.context["request"].user)
            code, now = self.validated_data["code"], timezone.now()
            codes = factor.confirm(code, now) if factor else None
        if codes is None:
            wrong = ErrorDetail("The code is wrong, or there is nothing to confirm.", "invalid")
            raise serializers.ValidationError({"code": [wrong]})
        return {"recovery_codes": codes}


@extend_schema_view(
    post=extend_schema(
        summary="Begin to set up a second factor",
        responses=KeySerializer,
        examples=[
            OpenApiExample("Nothing", {}, request_only=True),
            OpenApiExample("The key", {"secret": KEY, "uri": URI}, response_only=True),
        ],
    ),
    delete=extend_schema(
        summary="Remove the second factor",
        request=PasswordConfirmationSerializer,
        responses={204: None},
        examples=[OpenApiExample("A request", PASSWORD_SENT, request_only=True)],
    ),
)
class TOTPView(SubmitView):
    """A second factor: codes of an authenticator app.

    Enter the secret in the app, or scan a QR code of the `uri`. Then send a code to
    `/api/auth/totp/confirm`. From then on, logging in takes a code.
    """

    name = "Second factor"
    refusals = (409,)
    page_template = "accounts/totp.html"
    serializer_class = KeySerializer
    confirmation_class = PasswordConfirmationSerializer
    status_code = 200

    def page_context(self, data: Any) -> dict[str, Any]:
        """For the browsable API: the state, and the forms that make sense in it."""
        factors = SecondFactor.objects.filter(user=self.request.user.pk)
        factor = factors.exclude(confirmed_at=None).first()
        context: dict[str, Any] = {"factor": factor, "display_edit_forms": not factor and not data}
        if data:
            context["qr_code"] = qr_code(data["uri"])
        return context if factor else {**context, "delete_form": None}

    def delete(self, request: Request) -> Response:
        serializer = self.confirmation_class(
            data=request.data, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        if not SecondFactor.objects.filter(user=self.request.user.pk).delete()[0]:
            raise Http404
        return Response(status=204)


@extend_schema_view(
    post=extend_schema(
        summary="Confirm a second factor",
        examples=[
            OpenApiExample("A code", {"code": "123 456"}, request_only=True),
            OpenApiExample("Recovery codes", {"recovery_codes": CODES}, response_only=True),
        ],
    )
)
class TOTPConfirmView(SubmitView):
    """Confirm a second factor with a code of the app.

    The answer has ten recovery codes, for the day when you lose the app. Each is good for one
    login. They are shown once.
    """

    name = "Confirm a second factor"
    page_template = "accounts/totp_confirm.html"
    serializer_class = CodeSerializer
    status_code = 200

    def page_context(self, data: Any) -> dict[str, Any]:
        return {"display_edit_forms": not data}


def qr_code(text: str) -> SafeString:
    """An SVG element. It loads nothing, so the content security policy allows it."""
    return SafeString(segno.make(text, error="m", micro=False).svg_inline(scale=5, light="#fff"))
