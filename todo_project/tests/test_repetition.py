"""Repeated calls of public endpoints in one process leave nothing behind in memory."""

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

TIMES = 150
HTML = "text/html,*/*;q=0.8"
SECRETS = rb"\beyJ[\w.-]+|\b\w{64}\b"  # tokens, including CSRF tokens


def routes(patterns=None, prefix="/"):
    """Every route without arguments. The admin's other pages redirect to its login page."""
    for pattern in patterns or get_resolver().url_patterns:
        route = prefix + str(pattern.pattern).lstrip("^").rstrip("$").removesuffix("\\Z")
        if not isinstance(pattern, URLPattern):
            yield from routes(pattern.url_patterns, route)
        elif not re.search("[(<]|^/admin/(?!login/)", route):
            yield route


def calls():
    """A GET and a POST of every route. One page of the browsable API stands for all of them."""
    for route in sorted(set(routes())):
        page = route == "/api/tasks" or not route.startswith("/api/")
        yield "GET", route, HTML if page else "*/*"
        yield "POST", route, "*/*"


@pytest.fixture
def ask(settings, transactional_db):
    """Sends a request without cookies and limits; gives the response without secrets."""
    settings.THROTTLE_ANON = settings.THROTTLE_LOGIN = ""
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    User.objects.create_user("owner@example.com", "correct horse battery")
    application = BodyReader(
        get_wsgi_application()
    )  # the test client itself uses memory for each call

    def call(method, route, accept):
        body = {"data": BODY, "content_type": "application/json"} if method == "POST" else {}
        request = RequestFactory().generic(method, route, headers={"accept": accept}, **body)
        statuses = []
        response = application(request.environ, lambda status, headers: statuses.append(status))
        content = b"".join(response)
        response.close()
        return statuses, re.sub(SECRETS, b"", content)

    logging.disable()  # pytest stores log records
    yield call
    logging.disable(logging.NOTSET)


def function_calls(ask, *call):
    """The number of Python and C functions that a call runs, the same on any machine."""
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
    """The number of memory blocks that Python has allocated."""
    gc.collect()
    return sys.getallocatedblocks()


@pytest.mark.parametrize("call", list(calls()), ids=" ".join)
def test_the_150th_call_has_the_answer_and_cost_of_the_first(ask, call):
    for _ in range(60):  # fills caches, and logs in as often as an account can be signed in
        ask(*call)
    first, cost = ask(*call), function_calls(ask, *call)

    # Caches of other code may fill at any time. A leak takes more in each of three tries.
    assert any(held_by_calls(ask, call, first) < 3 * TIMES for _ in range(3))
    assert function_calls(ask, *call) < cost + TIMES / 5  # one more wrapper per call takes more


def held_by_calls(ask, call, expected):
    """The blocks that are still allocated after repeated calls."""
    before = blocks()
    for _ in range(TIMES):
        assert ask(*call) == expected
    return blocks() - before
