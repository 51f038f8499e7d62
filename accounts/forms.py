from typing import Any

from django import forms
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from todo_project.api.constraints import is_conflict

from .models import User
from .serializers import RegistrationSerializer
from .zones import time_zones


class LimitedPasswordChangeForm(AdminPasswordChangeForm):
    """Asks the backend for the old password, where failures count."""

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        if authenticate(None, username=self.user.email, password=password) != self.user:
            raise ValidationError(self.error_messages["password_incorrect"], "password_incorrect")
        return password


class TimeZoneSelect(forms.Select):
    template_name = "accounts/time_zones.html"


class SignUpForm(forms.Form):
    """Fields for the serializer of the API, which says what is good and opens the account."""

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
        help_text="Due dates and times mean this zone.",
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
