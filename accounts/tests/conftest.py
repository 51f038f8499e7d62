from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework.views import APIView
from rest_framework_simplejwt import tokens as simplejwt_tokens

from accounts import jwks, mails
from accounts.better_auth import BetterAuthentication
from accounts.models import User
from accounts.tokens import RefreshToken

from .provider import Provider

PASSWORD = " correct horse "


@pytest.fixture
def cyd(db):
    """A user with a password, whose address is confirmed."""
    return User.objects.create_user("cyd@example.com", PASSWORD, email_verified_at=timezone.now())


@pytest.fixture
def sign_in():
    """Creates a sign-in of a user and gives its first pair of tokens."""
    return lambda user: RefreshToken.for_user(user).pair()


@pytest.fixture
def with_token():
    """Gives a client that sends this access token."""

    def client(access):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
        return client

    return client


@pytest.fixture
def ago(monkeypatch):
    """Sets the clock back by some seconds. PyJWT has its own clock and refuses future tokens."""
    start = timezone.now()

    def move(seconds):
        moved = start - timedelta(seconds=seconds)
        monkeypatch.setattr(timezone, "now", lambda: moved)
        monkeypatch.setattr(simplejwt_tokens, "aware_utcnow", lambda: moved)

    return move


@pytest.fixture
def mails_of(django_capture_on_commit_callbacks):
    """Runs a function, including its on-commit callbacks, and gives the mails that it sent."""

    def run(call):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            response = call()
        for outbox in (mails.resets, mails.others):
            outbox.thread.submit(int).result()  # earlier mails are sent by now
        return response, mail.outbox[:]

    return run


@pytest.fixture
def provider():
    with Provider() as provider:
        yield provider


@pytest.fixture
def better_auth(provider, settings, monkeypatch):
    """A provider whose tokens are accepted."""
    monkeypatch.setattr(jwks, "sources", {})  # another test may have used the same port
    settings.BETTER_AUTH_URL = provider.url
    settings.BETTER_AUTH_ISSUER = settings.BETTER_AUTH_AUDIENCE = provider.url
    # settings.py adds this if BETTER_AUTH_URL or BETTER_AUTH_SECRET is set.
    classes = [BetterAuthentication, *APIView.authentication_classes]
    monkeypatch.setattr(APIView, "authentication_classes", classes)
    return provider


@pytest.fixture
def secret(better_auth, settings):
    """Only our tokens and tokens signed with this secret are accepted."""
    settings.BETTER_AUTH_URL = settings.BETTER_AUTH_ISSUER = settings.BETTER_AUTH_AUDIENCE = ""
    settings.BETTER_AUTH_SECRET = "the secret of Better Auth, which is long enough"
    return settings.BETTER_AUTH_SECRET


@pytest.fixture
def later(monkeypatch):
    """Moves the clock of the cached keys forward."""
    start = jwks.monotonic

    def move(seconds):
        monkeypatch.setattr(jwks, "monotonic", lambda: start() + seconds)

    return move
