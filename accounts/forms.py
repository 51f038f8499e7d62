from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError


class LimitedPasswordChangeForm(AdminPasswordChangeForm):
    """Asks the backend for the old password, where failures count."""

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        if authenticate(None, username=self.user.email, password=password) != self.user:
            raise ValidationError(self.error_messages["password_incorrect"], "password_incorrect")
        return password
