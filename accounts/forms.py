from functools import lru_cache
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest
from django.utils.safestring import SafeString
from rest_framework import serializers

from todo_project.api.constraints import is_conflict

from .mail_links import (
    EmailVerifySerializer,
    PasswordResetConfirmSerializer,
    PasswordResetSerializer,
)
from .second_factor import CodeRefused
from .serializers import (
    DeletionSerializer,
    LogoutAllSerializer,
    PasswordChangeSerializer,
    RegistrationSerializer,
)
from .validators import RULES
from .zones import time_zones


class LimitedPasswordChangeForm(AdminPasswordChangeForm):
    """Checks the old password with the authentication backend, which counts attempts."""

    def __init__(self, *args: Any, request: HttpRequest, **options: Any) -> None:
        self.request = request
        super().__init__(*args, **options)

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        credentials = {"email": self.user.email, "password": password, "second_factor": False}
        if authenticate(self.request, **credentials) != self.user:
            raise ValidationError(self.error_messages["password_incorrect"], "password_incorrect")
        return password


class LoginForm(AuthenticationForm):
    """Django's, with the code of a second factor."""

    code = forms.CharField(
        required=False,
        max_length=50,
        help_text="Of your second factor, or a recovery code. Leave it empty if you have none.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )

    def clean(self) -> dict[str, Any]:
        if self.errors:
            return self.cleaned_data
        try:
            self.user_cache = authenticate(self.request, **self.cleaned_data)
        except CodeRefused as error:
            raise ValidationError(str(error.detail)) from error
        if self.user_cache is None:
            raise self.get_invalid_login_error()
        self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data


class AdminLoginForm(LoginForm, AdminAuthenticationForm):
    pass


class ZonesSelect(forms.Select):
    template_name = "accounts/time_zones.html"


class TimeZoneSelect(forms.Select):
    """Its 600 options take most of the time of a page that is open to all, so it is kept."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        known = value if value in time_zones() else None
        return rendered_select(name, known, tuple((attrs or {}).items()))


@lru_cache(maxsize=32)
def rendered_select(name: str, value: str | None, attrs: tuple[tuple[str, Any], ...]) -> SafeString:
    zones = [(zone, zone) for zone in sorted(time_zones())]
    return ZonesSelect(choices=zones).render(name, value, dict(attrs))


class PasswordInput(forms.PasswordInput):
    """Tells password managers whether the password is new."""

    def __init__(self, kind: str) -> None:
        super().__init__(attrs={"autocomplete": f"{kind}-password"})


def password_field(label: str = "Password", kind: str = "current", **options: Any) -> Any:
    return forms.CharField(label=label, strip=False, widget=PasswordInput(kind), **options)


def new_password_field(label: str = "Password") -> Any:
    return password_field(label, "new", help_text=RULES)


def email_field() -> Any:
    widget = forms.EmailInput(attrs={"autocomplete": "username"})
    return forms.CharField(label="E-mail address", widget=widget)


class SerializerForm(forms.Form):
    """A form for a serializer, which validates the data and saves it."""

    serializer_class: Any

    def __init__(self, *args: Any, context: Any = None, sent: Any = None, **options: Any) -> None:
        self.context, self.sent = context or {}, sent or {}  # `sent` has members without a field
        super().__init__(*args, **options)

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            data = {**self.sent, **self.cleaned_data}
            self.serializer = self.serializer_class(data=data, context=self.context)
            if not self.serializer.is_valid():
                self.add_errors(self.serializer.errors)
        return self.cleaned_data

    def add_errors(self, errors: Any) -> None:
        for name, details in errors.items():
            self.add_error(name if name in self.fields else None, [str(one) for one in details])

    def save(self) -> bool:
        """False, and the form has errors, if it turns out only now that the data is not valid."""
        try:
            self.saved = self.serializer.save()
        except serializers.ValidationError as error:
            self.add_errors(error.detail)
        except IntegrityError as error:
            if not is_conflict(error):
                raise
            self.add_errors({"email": ["An account with this e-mail address exists."]})
        return not self.errors


class SignUpForm(SerializerForm):
    serializer_class = RegistrationSerializer
    email = email_field()
    password = new_password_field()
    name = forms.CharField(label="Name (optional)", required=False)
    timezone = forms.ChoiceField(
        label="Time zone",
        choices=lambda: [(name, name) for name in sorted(time_zones())],
        initial="UTC",
        widget=TimeZoneSelect,
        help_text="The time zone of your due dates and times.",
    )


class ForgottenPasswordForm(SerializerForm):
    serializer_class = PasswordResetSerializer
    email = email_field()


class ResetPasswordForm(SerializerForm):
    serializer_class = PasswordResetConfirmSerializer
    password = new_password_field("New password")


class ConfirmAddressForm(SerializerForm):
    """For the link of a registration; the link of a change of address needs no password."""

    serializer_class = EmailVerifySerializer
    password = password_field(
        required=False,
        help_text="The one that you chose when you signed up. If you leave it empty, you choose a "
        "new password.",
    )

    def clean(self) -> dict[str, Any]:
        if not self.cleaned_data.get("password"):
            self.cleaned_data.pop("password", None)
        return super().clean()


class ChangePasswordForm(SerializerForm):
    serializer_class = PasswordChangeSerializer
    current_password = password_field("Current password")
    new_password = new_password_field("New password")


class EndSignInsForm(SerializerForm):
    serializer_class = LogoutAllSerializer


class DeleteAccountForm(SerializerForm):
    serializer_class = DeletionSerializer
    password = password_field()
