"""Calls that are open to all, asked again and again of one process: none leaves anything behind."""

import gc
import logging
import re
import sys

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory
from django.urls import URLPattern, get_resolver

from accounts.models import User
from todo_project.server.bodies import BodyReader

from .test_matrix import BODY

TIMES = 300
SECRETS = rb"\beyJ[\w.-]+|\b\w{64}\b"  # tokens, those against CSRF too


def routes(patterns=None, prefix="/"):
    """Every route that takes no argument; of the admin, which asks to log in first, its login."""
    for pattern in patterns or get_resolver().url_patterns:
        route = prefix + str(pattern.pattern).lstrip("^").rstrip("$").removesuffix("\\Z")
        if not isinstance(pattern, URLPattern):
            yield from routes(pattern.url_patterns, route)
        elif not re.search("[(<]|^/admin/(?!login/)", route):
            yield route


@pytest.fixture
def ask(settings, cheap_hashes, transactional_db):
    """Asks as somebody without cookies and limits would; gives the answer without its secrets."""
    settings.THROTTLE_ANON = settings.THROTTLE_LOGIN = ""
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    User.objects.create_user("owner@example.com", "correct horse battery")
    application = BodyReader(
        get_wsgi_application()
    )  # the test client leaves something at each call

    def call(method, route, accept):
        body = {"data": BODY, "content_type": "application/json"} if method == "POST" else {}
        request = RequestFactory().generic(method, route, headers={"accept": accept}, **body)
        statuses = []
        response = application(request.environ, lambda status, headers: statuses.append(status))
        content = b"".join(response)
        response.close()
        return statuses, re.sub(SECRETS, b"", content)

    logging.disable()  # pytest keeps what is logged
    yield call
    logging.disable(logging.NOTSET)


def function_calls(ask, *call):
    """How many functions a call runs, in Python and in C: what it takes on any machine."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        ask(*call)
    finally:
        sys.setprofile(None)
    return count


def blocks():
    """How many blocks of memory Python holds."""
    gc.collect()
    return sys.getallocatedblocks()


@pytest.mark.parametrize(("method", "accept"), [("GET", "text/html,*/*;q=0.8"), ("POST", "*/*")])
@pytest.mark.parametrize("route", sorted(set(routes())))
def test_the_300th_call_is_answered_as_the_first_at_the_same_cost(ask, route, method, accept):
    call = method, route, accept
    for _ in range(20):  # loads and makes what later calls use
        ask(*call)
    first, cost, held = ask(*call), function_calls(ask, *call), blocks()

    for _ in range(TIMES):
        assert ask(*call) == first

    assert function_calls(ask, *call) < 1.1 * cost
    assert blocks() < held + 3 * TIMES  # what a call left behind would take more
