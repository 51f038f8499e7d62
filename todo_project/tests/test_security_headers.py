"""The rules of MDN's HTTP Observatory for a production server, and the headers of API responses.

Scores: https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring. Every site starts
with 100 points. Bonuses count if the score is at least 90. An A+ needs 100 or more. Rules about a
host's TLS or the browsers' preload list are not scored here.
"""

import re
from http.cookies import SimpleCookie
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from .conftest import PUBLIC

BROAD = {"*", "http:", "https:", "ftp:"}
UNSAFE = {"'unsafe-inline'", "data:"}


@pytest.fixture(scope="module")
def production(serving):
    """A server behind a proxy that terminates TLS. Gives a response's status, headers and text."""
    with serving(**PUBLIC, ALLOWED_HOSTS="todo.example,127.0.0.1") as server:

        def get(path, scheme="https"):
            headers = {"Host": "todo.example", "X-Forwarded-Proto": scheme, "Accept": "text/html"}
            with build_opener(AsItIs).open(Request(server + path, headers=headers)) as response:
                return response.status, response.headers, response.read().decode()

        yield get


class AsItIs(HTTPRedirectHandler):
    """Follows no redirects and raises no errors."""

    def http_error_401(self, request, response, *args):
        return response

    http_error_301 = http_error_302 = http_error_401


@pytest.mark.parametrize("path", ["/", "/api/tasks", "/admin/login/", "/docs", "/redoc"])
def test_a_page_scores_an_a_plus(production, path):
    _, headers, text = production(path)
    penalties, bonuses = score(headers, text)

    assert headers["Content-Type"].startswith("text/html")
    assert (penalties, 100 + sum(bonuses.values()) >= 100) == ({}, True)
    assert "cross-origin-resource-policy" in bonuses


def score(headers, text):
    """The penalties and the bonuses, by test name."""
    points = {
        "content-security-policy": csp(headers),
        "cookies": cookies(headers),
        "cross-origin-resource-sharing": -50 if cors(headers) else 0,
        "cross-origin-resource-policy": 10 * (corp(headers) in ("same-origin", "same-site")),
        "referrer-policy": referrer(headers),
        "strict-transport-security": hsts(headers),
        "subresource-integrity": scripts(text),
        "x-content-type-options": 0 if headers["X-Content-Type-Options"] == "nosniff" else -5,
        "x-frame-options": framing(headers),
    }
    return (
        {name: value for name, value in points.items() if value < 0},
        {name: value for name, value in points.items() if value > 0},
    )


def directives(headers):
    policy = headers["Content-Security-Policy"] or ""
    parts = [part.split() for part in policy.split(";") if part.strip()]
    return {name: set(sources) for name, *sources in parts}


def csp(headers):
    policy = directives(headers)
    if not policy:
        return -25
    fallback = policy.get("default-src", {"*"})
    script, style = policy.get("script-src", fallback), policy.get("style-src", fallback)
    if script & (BROAD | UNSAFE) or policy.get("object-src", fallback) & BROAD:
        return -20
    if any(source.startswith(("http:", "ftp:")) for found in policy.values() for source in found):
        return -20
    if "'unsafe-eval'" in script | style:
        return -10
    if style & (BROAD | UNSAFE):
        return 0
    return 10 if fallback == {"'none'"} else 5


def cookies(headers):
    worst = 5 if headers.get_all("Set-Cookie") else 0
    for line in headers.get_all("Set-Cookie", []):
        ((name, cookie),) = SimpleCookie(line).items()
        if not cookie["secure"]:
            worst = min(worst, -40 if "session" in name else -20)
        if "session" in name and not cookie["httponly"]:
            worst = min(worst, -30)
        if cookie["samesite"] not in ("Lax", "Strict"):
            worst = min(worst, -20 if "csrf" in name or cookie["samesite"] else 0)
    return worst


def cors(headers):
    return headers["Access-Control-Allow-Origin"] and headers["Access-Control-Allow-Credentials"]


def corp(headers):
    return headers["Cross-Origin-Resource-Policy"]


def referrer(headers):
    private = ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
    return 5 if headers["Referrer-Policy"] in private else -5 * bool(headers["Referrer-Policy"])


def hsts(headers):
    age = re.search(r"max-age=(\d+)", headers["Strict-Transport-Security"] or "")
    return -20 if not age else 0 if int(age[1]) >= 15_768_000 else -10


def scripts(text):
    sources = re.findall(r'<script[^>]*\bsrc="([^"]+)"', text)
    return -5 if any(re.match(r"(https?:)?//", source) for source in sources) else 0


def framing(headers):
    if not directives(headers).get("frame-ancestors", {"*"}) & BROAD:
        return 5
    return 0 if headers["X-Frame-Options"] in ("DENY", "SAMEORIGIN") else -20


@pytest.mark.parametrize(
    ("name", "value", "test", "points"),
    [
        ("Content-Security-Policy", None, "content-security-policy", -25),
        ("Content-Security-Policy", "script-src 'self' data:", "content-security-policy", -20),
        ("Set-Cookie", "sessionid=1; HttpOnly; SameSite=Lax", "cookies", -40),
        ("Strict-Transport-Security", "max-age=3600", "strict-transport-security", -10),
        ("X-Content-Type-Options", None, "x-content-type-options", -5),
        ("Referrer-Policy", "unsafe-url", "referrer-policy", -5),
    ],
)
def test_the_score_detects_bad_headers(production, name, value, test, points):
    _, headers, text = production("/docs")
    del headers[name]
    if value:
        headers[name] = value

    assert score(headers, text)[0] == {test: points}


def test_hsts_covers_only_this_host(production):
    _, headers, _ = production("/docs")

    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_http_redirects_to_https_on_the_same_host(production):
    status, headers, _ = production("/docs", scheme="http")

    assert (status, headers["Location"]) == (301, "https://todo.example/docs")


def test_the_pages_have_no_inline_script(production):
    """The content security policy would block it."""
    for path in ["/api/tasks", "/admin/login/", "/api-auth/login/", "/docs", "/redoc"]:
        assert scripts_within(production(path)[2]) == []


def scripts_within(text):
    inline = re.findall(r'<script(?![^>]*\b(?:src=|type="application/json"))[^>]*>', text)
    return inline + re.findall(r"<[^>]+\son\w+=", text)


VARY = {"accept", "authorization", "cookie", "origin"}


@pytest.mark.parametrize("path", ["/api/tasks/{}", "/api/tasks", "/api/trash"])
def test_a_response_with_an_etag_may_be_stored(alice_client, milk, path):
    path = path.format(milk.pk)
    response = alice_client.get(path)
    unchanged = alice_client.get(path, headers={"if_none_match": response["ETag"]})

    for answer in (response, unchanged):
        assert answer["Cache-Control"] == "private, no-cache"
        assert vary(answer) == VARY
    assert unchanged.status_code == 304


@pytest.mark.parametrize(
    "path", ["/api/tasks?due=overdue", "/api/tasks/summary", "/api/auth/me", "/api/none"]
)
def test_other_responses_may_not_be_stored(alice_client, path):
    response = alice_client.get(path)

    assert response["Cache-Control"] == "no-store"
    assert vary(response) == VARY
    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_tokens_may_not_be_stored(anonymous, db):
    response = anonymous.post("/api/auth/login", {"email": "a@example.com", "password": "x"})

    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/api/tasks", "/api/tasks/{}", "/api/auth/me"])
def test_a_browsable_page_has_the_policy_for_pages(client, alice, milk, path):
    client.force_login(alice)

    response = client.get(path.format(milk.pk), headers={"accept": "text/html"})

    assert scripts_within(response.content.decode()) == []
    assert "script-src 'self';" in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "no-store"


def vary(response):
    return {name.strip().lower() for name in response["Vary"].split(",")}
