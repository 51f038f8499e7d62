"""The steps in docs/operation.md to change keys, with real servers on one database."""

import json
import re
from contextlib import ExitStack
from http.cookiejar import CookieJar
from itertools import pairwise
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest
from django.conf import settings

from .conftest import fresh_database

ACCOUNT = {"email": "ann@example.com", "password": "correct horse battery"}
KEYS = {
    "SECRET_KEY": {"old": "old-secret-" * 5, "new": "new-secret-" * 5},
    "JWT_SIGNING_KEY": {"old": "old-signing-" * 5, "new": "new-signing-" * 5},
}


def steps():
    """The variables before the first step and after each step."""
    guide = (settings.BASE_DIR / "docs" / "operation.md").read_text()
    section = guide.split("### New keys")[1]
    block = re.search("```sh\n(.*?)```", section, re.DOTALL)[1]
    lines = [re.findall(r"([A-Z_]+)=(old|new)", line) for line in block.splitlines()]
    return [{name: key(name, which) for name, which in line} for line in lines if line]


def key(name, which):
    return KEYS["JWT_SIGNING_KEY" if name.startswith("JWT") else "SECRET_KEY"][which]


@pytest.fixture
def start(serving, tmp_path):
    """Starts a server with these keys. All servers share one database."""
    with fresh_database() as database, ExitStack() as servers:
        place = {"DATABASE_URL": f"sqlite:///{tmp_path}/todo.sqlite3", **database}
        yield lambda keys: servers.enter_context(serving(**{**place, "WORKERS": "1", **keys}))


class Client:
    """A user who is signed in with tokens and in a browser."""

    def __init__(self, server):
        self.browser = build_opener(HTTPCookieProcessor(CookieJar()))
        post(server, "register", **ACCOUNT)
        self.tokens = post(server, "login", **ACCOUNT)
        page = self.browser.open(f"{server}/api-auth/login/").read().decode()
        csrf = re.search('name="csrfmiddlewaretoken" value="(.+?)"', page)[1]
        form = {"username": ACCOUNT["email"], "password": ACCOUNT["password"]}
        fields = {**form, "csrfmiddlewaretoken": csrf}
        self.browser.open(f"{server}/api-auth/login/", urlencode(fields).encode())

    def refresh(self, server):
        self.tokens = post(server, "refresh", refresh=self.tokens["refresh"])

    def is_signed_in(self, server):
        headers = {"Authorization": f"Bearer {self.tokens['access']}"}
        by_token = status(urlopen, Request(f"{server}/api/auth/me", headers=headers))
        by_session = status(self.browser.open, f"{server}/api/auth/me")
        return (by_token, by_session) == (200, 200)


def post(server, path, **body):
    headers = {"Content-Type": "application/json"}
    request = Request(f"{server}/api/auth/{path}", json.dumps(body).encode(), headers)
    return json.load(urlopen(request))


def status(ask, request):
    try:
        with ask(request) as response:
            return response.status
    except HTTPError as error:
        with error:
            return error.code


def test_nobody_is_signed_out_while_the_keys_change(start):
    """At each step, servers of the previous step still run, and clients reach both."""
    first, *others = steps()
    client = Client(before := start(first))

    for keys in others:
        after = start(keys)
        for server in (after, before, after):
            assert client.is_signed_in(server)
            client.refresh(server)
        before = after

    assert client.is_signed_in(after)


def test_the_old_keys_are_invalid_after_the_last_step(start):
    first, *_, last = steps()
    client = Client(start(first))

    assert not client.is_signed_in(start(last))


def test_the_last_step_has_only_the_new_keys():
    assert steps()[0] == {name: both["old"] for name, both in KEYS.items()}
    assert steps()[-1] == {name: both["new"] for name, both in KEYS.items()}
    assert all(before != after for before, after in pairwise(steps()))
