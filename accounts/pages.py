"""The account's pages for browsers: forms that need no script, over the serializers of the API.

DRF has a page for logout. After a page has ended the caller's session, it leads to the login page,
which says what happened.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.auth.views import LoginView, redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.generic import FormView
from rest_framework.exceptions import AuthenticationFailed

from . import forms, hashers, mails, views
from .attempts import Limit, client_address
from .models import User

login_view = LoginView.as_view(
    template_name="rest_framework/login.html", authentication_form=forms.LoginForm
)


class AccountPage(FormView):
    form_class: type[forms.SerializerForm]
    success_url = "rest_framework:login"  # the name of a route
    done = ""  # what to say there

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "context": {"request": self.request}}

    def form_valid(self, form: forms.SerializerForm) -> HttpResponse:
        return self.succeed(form) if form.save() else self.form_invalid(form)

    def succeed(self, form: Any) -> HttpResponse:
        messages.success(self.request, self.done)
        return redirect(self.success_url)


class OpenPage(AccountPage):
    """For people who are not signed in. Shares the rate limit of a call of the API."""

    call: type[views.OpenView]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        Limit(self.call.__name__, client_address(request), settings.THROTTLE_ANON).attempt()
        return super().post(request, *args, **kwargs)


class SignUpPage(OpenPage):
    call = views.RegisterView
    form_class = forms.SignUpForm
    template_name = "accounts/sign_up.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with hashers.slots.take():
            return super().post(request, *args, **kwargs)

    def succeed(self, form: Any) -> HttpResponse:
        if settings.EMAIL_VERIFICATION == "required":
            return render(self.request, "accounts/sign_up_sent.html")
        login(self.request, form.saved)
        return redirect("task-list")


class ForgottenPasswordPage(OpenPage):
    """Sends a link. It says the same whether the address has an account or not."""

    call = views.PasswordResetView
    form_class = forms.ForgottenPasswordForm
    template_name = "accounts/forgotten_password.html"
    done = (
        "If the address has an account, we have sent it a link. Open the mail and choose a new "
        "password within an hour."
    )


class LinkPage(OpenPage):
    """Where the link of a mail leads if there is no front end. Its address contains a secret."""

    tokens: list[PasswordResetTokenGenerator]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.link = {name: request.GET.get(name, "") for name in ("uid", "token")}
        response = super().dispatch(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        # Not `no-referrer`: a form would then have `Origin: null`, which fails the CSRF check.
        response["Referrer-Policy"] = "strict-origin"
        return response

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "sent": self.link}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """`works` is false if the link was used, has expired or is wrong."""
        user = User.objects.filter(is_active=True, pk=mails.user_of(self.link["uid"])).first()
        works = [kind for kind in self.tokens if kind.check_token(user, self.link["token"])]
        new_email = user.new_email if user and mails.change_tokens in works else ""
        return super().get_context_data(works=works, new_email=new_email, **context)


class ResetPasswordPage(LinkPage):
    call = views.PasswordResetConfirmView
    tokens = [mails.reset_tokens]
    form_class = forms.ResetPasswordForm
    template_name = "accounts/reset_password.html"
    done = "Your password is changed, and you are logged out everywhere. Log in with the new one."


class VerifyEmailPage(LinkPage):
    call = views.EmailVerifyView
    tokens = [mails.change_tokens, mails.verification_tokens]
    form_class = forms.ConfirmAddressForm
    template_name = "accounts/verify_email.html"

    def succeed(self, form: Any) -> HttpResponse:
        if form.serializer.is_change:
            self.done = "Your e-mail address is changed. Use the new one to log in."
        elif "password" in form.cleaned_data:
            self.done = "Your e-mail address is confirmed. You can log in now."
        else:
            self.done = "Your e-mail address is confirmed. Ask for a link to choose a password."
            self.success_url = "forgotten-password"
        return super().succeed(form)


class OwnPage(LoginRequiredMixin, AccountPage):
    """For the user who is signed in. Success ends the session, as it ends all sign-ins."""

    def form_valid(self, form: forms.SerializerForm) -> HttpResponse:
        try:
            return super().form_valid(form)
        except AuthenticationFailed:  # another request ended the session or deleted the account
            return redirect_to_login(self.request.get_full_path())


class HashingPage(OwnPage):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with hashers.slots.take():
            return super().post(request, *args, **kwargs)


class ChangePasswordPage(HashingPage):
    form_class = forms.ChangePasswordForm
    template_name = "accounts/change_password.html"
    done = "Your password is changed, and you are logged out everywhere. Log in with the new one."


class EndSignInsPage(OwnPage):
    form_class = forms.EndSignInsForm
    template_name = "accounts/end_sign_ins.html"
    done = "You are logged out everywhere. Log in again to go on."


class DeleteAccountPage(HashingPage):
    form_class = forms.DeleteAccountForm
    template_name = "accounts/delete_account.html"
    success_url = "sign-up"
    done = "Your account and everything in it are deleted."
