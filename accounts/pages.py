"""The sign-up page of the browsable API. DRF has pages for login and logout."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.generic import FormView

from . import hashers
from .attempts import Limit, client_address
from .forms import LoginForm, SignUpForm
from .views import RegisterView

login_view = LoginView.as_view(
    template_name="rest_framework/login.html", authentication_form=LoginForm
)


class SignUpView(FormView):
    """Creates an account like `RegisterView`, and shares its rate limit."""

    form_class = SignUpForm
    template_name = "accounts/sign_up.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with hashers.slots.take():
            Limit(RegisterView.__name__, client_address(request), settings.THROTTLE_ANON).attempt()
            return super().post(request, *args, **kwargs)

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        user = form.save()
        if user is None:  # a concurrent request took the address
            return self.form_invalid(form)
        if settings.EMAIL_VERIFICATION == "required":
            return render(self.request, "accounts/sign_up_sent.html")
        login(self.request, user)
        return redirect("task-list")
