from django.urls import path

from . import pages
from .docs_token import DocsTokenView

urlpatterns = [
    path("register/", pages.SignUpPage.as_view(), name="sign-up"),
    path("login/", pages.login_view),
    path("forgotten-password/", pages.ForgottenPasswordPage.as_view(), name="forgotten-password"),
    path("reset-password/", pages.ResetPasswordPage.as_view(), name="reset-password"),
    path("verify-email/", pages.VerifyEmailPage.as_view(), name="verify-email"),
    path("password/", pages.ChangePasswordPage.as_view(), name="change-password"),
    path("logout/all/", pages.EndSignInsPage.as_view(), name="end-sign-ins"),
    path("delete-account/", pages.DeleteAccountPage.as_view(), name="delete-account"),
    path("docs-token/", DocsTokenView.as_view(), name="docs-token"),
]
