"""Personal access tokens: making, listing and deleting them."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import CreateModelMixin, DestroyModelMixin, ListModelMixin
from rest_framework.viewsets import GenericViewSet
from rest_framework_simplejwt.exceptions import InvalidToken

from todo_project.api.fields import STRING_FIELDS
from todo_project.api.ignored_members import IgnoredMembersMixin
from todo_project.api.query_parameters import StrictQueryMixin

from .credentials import SCOPES, PersonalToken, digest, make_token
from .models import User
from .requests import AuthenticatedRequest
from .schema import ID, PERSONAL_TOKEN, PERSONAL_TOKEN_SENT

MOST = 50  # tokens of a user
LONGEST = timedelta(days=731)  # two years, one of them a leap year


class ScopesField(serializers.MultipleChoiceField):
    """A list of scopes, stored with spaces between them."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        # The stubs of DRF give the field of several choices the type of a field of one.
        return " ".join(sorted(super().to_internal_value(data)))  # type: ignore[arg-type]

    def to_representation(self, value: Any) -> Any:
        return value.split()


class PersonalTokenSerializer(serializers.ModelSerializer[PersonalToken]):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        **STRING_FIELDS,
    }
    scopes = ScopesField(
        choices=SCOPES, allow_empty=False, style={"base_template": "checkbox_multiple.html"}
    )

    class Meta:
        model = PersonalToken
        fields = ["id", "name", "scopes", "created_at", "expires_at", "last_used_at"]
        extra_kwargs = {
            "name": {"help_text": "To tell it from your other tokens."},
            "expires_at": {
                "help_text": "In two years at the latest. Without it the token does not expire."
            },
        }

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        now = timezone.now()
        if value and not now < value <= now + LONGEST:
            raise serializers.ValidationError("Choose a time in the next two years.", "range")
        return value


class NewPersonalTokenSerializer(PersonalTokenSerializer):
    token = serializers.CharField(read_only=True, help_text="Shown once; only its hash is stored.")

    class Meta(PersonalTokenSerializer.Meta):
        fields = [*PersonalTokenSerializer.Meta.fields, "token"]

    def create(self, validated_data: dict[str, Any]) -> PersonalToken:
        """The user's row is locked, so parallel calls cannot exceed the limit."""
        caller, token = self.context["request"].user, make_token()
        with transaction.atomic():
            user = User.objects.lock(caller)
            if user is None or user.session_version != caller.session_version:
                raise InvalidToken("The sign-in of this token has ended.")
            if user.personal_tokens.count() >= MOST:
                raise serializers.ValidationError(f"You have {MOST} tokens. Delete one.", "limit")
            made = user.personal_tokens.create(digest=digest(token), **validated_data)
        made.token = token
        return made


@extend_schema_view(
    list=extend_schema(
        summary="List personal access tokens",
        description="The tokens that you made, without their secrets.",
        examples=[OpenApiExample("A token", PERSONAL_TOKEN, response_only=True)],
    ),
    create=extend_schema(
        summary="Make a personal access token",
        examples=[
            OpenApiExample("A token to be", PERSONAL_TOKEN_SENT, request_only=True),
            OpenApiExample(
                "The token",
                {**PERSONAL_TOKEN, "last_used_at": None, "token": "todo_h0Zc…"},
                response_only=True,
            ),
        ],
    ),
    destroy=extend_schema(summary="Delete a personal access token", parameters=[ID]),
)
class PersonalTokenViewSet(
    IgnoredMembersMixin,
    StrictQueryMixin,
    CreateModelMixin,
    ListModelMixin,
    DestroyModelMixin,
    GenericViewSet[PersonalToken],
):
    """Tokens for your programs. A program with a token can use your tasks, not your account.

    A token is shown once. It is valid until it expires or you delete it. A new password does not
    end it; logging out everywhere does.
    """

    lookup_value_regex = "[1-9][0-9]{0,18}"
    page_template, back = "accounts/personal_tokens.html", "token-list"
    queryset = PersonalToken.objects.order_by("id")
    request: AuthenticatedRequest

    def get_queryset(self) -> QuerySet[PersonalToken]:
        return super().get_queryset().filter(user=self.request.user)

    def get_serializer_class(self) -> Any:
        return NewPersonalTokenSerializer if self.action == "create" else PersonalTokenSerializer
