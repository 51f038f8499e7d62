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

from todo_project.api.constraints import is_conflict

from .models import User
from .second_factor import CodeRefused
from .serializers import RegistrationSerializer
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


class SignUpForm(forms.Form):
    """A form for `RegistrationSerializer`, which validates the data and creates the account."""

    email = forms.CharField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    name = forms.CharField(required=False)
    timezone = forms.ChoiceField(
        label="Time zone",
        choices=lambda: [(name, name) for name in sorted(time_zones())],
        initial="UTC",
        widget=TimeZoneSelect,
        help_text="The time zone of your due dates and times.",
    )

    def clean(self) -> dict[str, Any]:
        self.registration = RegistrationSerializer(data=self.cleaned_data)
        if not self.errors and not self.registration.is_valid():
            for name, errors in self.registration.errors.items():
                self.add_error(name, [str(error) for error in errors])
        return self.cleaned_data

    def save(self) -> User | None:
        try:
            user: User = self.registration.save()
        except IntegrityError as error:
            if not is_conflict(error):
                raise
            self.add_error("email", "An account with this e-mail address exists.")
            return None
        return user
