from django.urls import path, re_path

from . import views
from .email_change import EmailView
from .personal_tokens import PersonalTokenViewSet
from .sign_ins import SignInViewSet
from .totp import TOTPConfirmView, TOTPView

ID = PersonalTokenViewSet.lookup_value_regex

# In the order of the documentation: what one needs first.
urlpatterns = [
    path("register", views.RegisterView.as_view(), name="register"),
    path("login", views.LoginView.as_view(), name="login"),
    path("me", views.MeView.as_view(), name="me"),
    path("refresh", views.RefreshView.as_view(), name="refresh"),
    path("verify", views.VerifyView.as_view(), name="verify"),
    path("logout", views.LogoutView.as_view(), name="logout"),
    path("logout/all", views.LogoutAllView.as_view(), name="logout-all"),
    path("password", views.PasswordView.as_view(), name="password"),
    path("password/reset", views.PasswordResetView.as_view(), name="password-reset"),
    path(
        "password/reset/confirm",
        views.PasswordResetConfirmView.as_view(),
        name="password-reset-confirm",
    ),
    path("email", EmailView.as_view(), name="email"),
    path("email/verify", views.EmailVerifyView.as_view(), name="email-verify"),
    path(
        "sign-ins",
        SignInViewSet.as_view({"get": "list"}, detail=False, name="Sign-ins"),
        name="sign-in-list",
    ),
    path(
        "sign-ins/<uuid:pk>",
        SignInViewSet.as_view({"delete": "destroy"}, detail=True, name="Sign-in"),
        name="sign-in-detail",
    ),
    path("totp", TOTPView.as_view(), name="totp"),
    path("totp/confirm", TOTPConfirmView.as_view(), name="totp-confirm"),
    path(
        "tokens",
        PersonalTokenViewSet.as_view(
            {"get": "list", "post": "create"}, detail=False, name="Personal access tokens"
        ),
        name="token-list",
    ),
    re_path(
        f"^tokens/(?P<pk>{ID})$",
        PersonalTokenViewSet.as_view(
            {"delete": "destroy"}, detail=True, name="Personal access token"
        ),
        name="token-detail",
    ),
]
