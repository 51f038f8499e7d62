from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.shortcuts import redirect
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication

from todo_project.api.form_pages import FormPageView
from todo_project.api.ignored_members import IgnoredMembersMixin
from todo_project.api.parsers import StrictJSONParser
from todo_project.api.query_parameters import StrictQueryMixin

from . import hashers, mail_links, serializers
from .attempts import AnonymousThrottle
from .identities import Person
from .models import User
from .requests import AuthenticatedRequest


def answers(code: int, serializer: Any = None) -> Callable[[type[APIView]], type[APIView]]:
    """For the schema, what a POST answers when it succeeds."""
    return extend_schema_view(post=extend_schema(responses={code: serializer}))


class SubmitView(IgnoredMembersMixin, StrictQueryMixin, FormPageView):
    """Hands the body of a POST to its serializer, whose `save()` does the work and answers."""

    status_code = 204

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.save(), self.status_code)


class PageView(SubmitView):
    """A browser that opens its URL is led to the page that has its form."""

    leads_to: str  # the name of a route

    def http_method_not_allowed(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> Any:
        super().http_method_not_allowed(request, *args, **kwargs)  # raises for a program
        return redirect(self.leads_to)


class OpenView(SubmitView):
    """A call for people who are not signed in, or whose proof is in the body."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (StrictJSONParser,)
    throttle_classes: Sequence[type[BaseThrottle]] = (AnonymousThrottle,)

    def get_authenticate_header(self, request: Request) -> str:
        return JWTAuthentication().authenticate_header(request)


class HashingView(OpenView):
    """Takes a slot before it counts the call: a flood must not keep every thread busy counting."""

    throttle_classes = ()

    def post(self, request: Request) -> Response:
        with hashers.slots.take():
            AnonymousThrottle().allow_request(request, self)
            return super().post(request)


@extend_schema_view(
    post=extend_schema(
        responses={201: serializers.ProfileSerializer, 202: serializers.EmptySerializer}
    )
)
class RegisterView(HashingView):
    """Open an account."""

    refusals = (409,)
    serializer_class = serializers.RegistrationSerializer

    def post(self, request: Request) -> Response:
        user = super().post(request).data
        if settings.EMAIL_VERIFICATION == "required":
            return Response({}, 202)  # the same whether the address had an account or not
        return Response(serializers.ProfileSerializer(user).data, 201)


class LoginView(HashingView):
    """Exchange an e-mail address and a password for a pair of tokens."""

    refusals = (401,)
    serializer_class = serializers.LoginSerializer
    status_code = 200


class RefreshView(OpenView):
    """Exchange a refresh token for a new pair. The old one is spent."""

    refusals = (401,)

    serializer_class = serializers.RefreshSerializer
    status_code = 200


@answers(200, serializers.EmptySerializer)
class VerifyView(OpenView):
    """Tell whether a token is good."""

    refusals = (401,)

    serializer_class = serializers.VerifySerializer
    status_code = 200


@answers(204)
class LogoutView(OpenView):
    """End the sign-in that a refresh token belongs to."""

    refusals = (401,)

    serializer_class = serializers.LogoutSerializer


@answers(204)
class LogoutAllView(PageView):
    """End every sign-in of the caller."""

    leads_to = "end-sign-ins"
    serializer_class = serializers.LogoutAllSerializer


@extend_schema_view(
    get=extend_schema(summary="Read the caller's profile"),
    patch=extend_schema(summary="Change the caller's profile"),
    delete=extend_schema(
        summary="Delete the account and all its tasks",
        request=serializers.PasswordConfirmationSerializer,
    ),
)
class MeView(IgnoredMembersMixin, StrictQueryMixin, generics.RetrieveUpdateDestroyAPIView[User]):
    """The caller's own profile. To delete the account takes its password."""

    http_method_names = ["get", "patch", "delete", "head", "options"]
    serializer_class = serializers.ProfileSerializer
    confirmation_class = serializers.PasswordConfirmationSerializer
    page_template = "accounts/me.html"  # of the browsable API, within its page
    request: AuthenticatedRequest

    def get_object(self) -> User:
        return self.request.user

    def page_context(self, data: Any) -> dict[str, Any]:
        return {"delete_form": None}  # there is a page for it

    def perform_destroy(self, instance: User) -> None:
        # Whose password Better Auth keeps has none here to ask for.
        if instance.has_usable_password() or not isinstance(self.request.auth, Person):
            confirmation = self.confirmation_class(
                data=self.request.data, context=self.get_serializer_context()
            )
            confirmation.is_valid(raise_exception=True)
        serializers.delete_account(self.request)


@answers(204)
class PasswordView(PageView):
    """Change the password. Every sign-in ends."""

    leads_to = "change-password"
    serializer_class = serializers.PasswordChangeSerializer

    def post(self, request: Request) -> Response:
        with hashers.slots.take():  # for both hashes and what is between
            return super().post(request)


@answers(202, serializers.EmptySerializer)
class PasswordResetView(OpenView):
    """Have a link to choose a new password sent, if the address has an account."""

    serializer_class = mail_links.PasswordResetSerializer
    status_code = 202


@answers(204)
class PasswordResetConfirmView(OpenView):
    """Choose a new password by the link. Every sign-in ends."""

    serializer_class = mail_links.PasswordResetConfirmSerializer


@answers(204)
class EmailVerifyView(OpenView):
    """Confirm an e-mail address by the link.

    The link of `POST /api/auth/email` changes the address; it needs no password. With the link of a
    registration, send the password that was chosen to keep it. Without it the password is removed,
    as somebody else may have registered the address: reset it to sign in.
    """

    refusals = (409,)

    serializer_class = mail_links.EmailVerifySerializer
