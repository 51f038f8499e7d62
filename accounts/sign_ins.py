"""The caller's sign-ins: listing them and ending one."""

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import DestroyModelMixin, ListModelMixin
from rest_framework.viewsets import GenericViewSet

from todo_project.api.query_parameters import StrictQueryMixin

from .models import SignIn
from .requests import AuthenticatedRequest
from .schema import SIGN_IN_LISTED
from .tokens import AccessToken


class SignInSerializer(serializers.ModelSerializer[SignIn]):
    current = serializers.SerializerMethodField(help_text="The sign-in of the token that was sent.")

    class Meta:
        model = SignIn
        fields = ["id", "created_at", "last_used_at", "user_agent", "current"]

    def get_current(self, sign_in: SignIn) -> bool:
        token = self.context["request"].auth
        return isinstance(token, AccessToken) and token["sid"] == str(sign_in.pk)


@extend_schema_view(
    list=extend_schema(
        summary="List sign-ins",
        description="Where you are signed in, the newest first. `last_used_at` is the time of the "
        "last login or refresh.",
        examples=[OpenApiExample("A sign-in", SIGN_IN_LISTED, response_only=True)],
    ),
    destroy=extend_schema(summary="End a sign-in", description="Its tokens end at once."),
)
class SignInViewSet(StrictQueryMixin, ListModelMixin, DestroyModelMixin, GenericViewSet[SignIn]):
    """Where you are signed in with tokens. Sign-ins of browsers on these pages are not listed."""

    page_template, back = "accounts/sign_ins.html", "sign-in-list"
    queryset = SignIn.objects.order_by("-created_at", "id")
    serializer_class = SignInSerializer
    request: AuthenticatedRequest

    def get_queryset(self) -> QuerySet[SignIn]:
        return super().get_queryset().filter(user=self.request.user, expires_at__gt=timezone.now())
