"""The page to open an account in a browser; DRF has those to sign in and out."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.generic import FormView

from . import hashers
from .attempts import Limit, client_address
from .forms import SignUpForm
from .views import RegisterView


class SignUpView(FormView):
    """What `RegisterView` does, by a form, and with its limit."""

    form_class = SignUpForm
    template_name = "accounts/sign_up.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with hashers.slots.take():
            Limit(RegisterView.__name__, client_address(request), settings.THROTTLE_ANON).attempt()
            return super().post(request, *args, **kwargs)

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        user = form.save()
        if user is None:  # somebody has just taken the address
            return self.form_invalid(form)
        if settings.EMAIL_VERIFICATION == "required":
            return render(self.request, "accounts/sign_up_sent.html")
        login(self.request, user)
        return redirect("task-list")
