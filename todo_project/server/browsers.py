"""Django's middleware for sessions, skipped for calls of the API with a token.

Such a call uses no session. Django checks CSRF for it, too: `check --deploy` demands its own class.
"""

from typing import Any

from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse

from todo_project.api.problems import is_api


class SkippedForTokens:
    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponse:
        middleware: Any = super()
        chain = self.get_response if has_token(request) else middleware.__call__
        response: HttpResponse = chain(request)
        return response


class SessionMiddleware(SkippedForTokens, sessions.SessionMiddleware):
    pass


class AuthenticationMiddleware(SkippedForTokens, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(SkippedForTokens, messages.MessageMiddleware):
    pass


def has_token(request: HttpRequest) -> bool:
    """True for a call of the API that authenticates by a token (RFC 6750) or not at all."""
    scheme = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")[0]
    return is_api(request) and scheme.lower() == "bearer"
