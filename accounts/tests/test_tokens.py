"""Malformed and forged tokens are a 401 at every endpoint."""

import base64
import json
import time
from datetime import datetime, timedelta

import jwt
import pytest
from django.conf import settings

from accounts.models import SignIn
from accounts.tokens import AccessToken, RefreshToken

DROP = "(left out)"


@pytest.fixture
def forge(alice):
    """A token of Alice, signed with our key, with changed or missing claims."""

    def make(kind, key=settings.SIMPLE_JWT["SIGNING_KEY"], algorithm="HS256", **changes):
        token = RefreshToken.for_user(alice)
        claims = dict((token if kind == "refresh" else token.access_token).payload)
        claims |= {"iss": "todo-api", "aud": "todo-api"} | changes
        claims = {name: value for name, value in claims.items() if value is not DROP}
        return jwt.encode(claims, key, algorithm)

    return make


FOREVER = 10**12

CHANGES = [
    {"exp": 0},
    {"exp": DROP},
    {"exp": 10**30},
    {"exp": 2**63},
    {"exp": -1},
    {"exp": "tomorrow"},
    {"exp": None},
    {"exp": float("inf")},
    {"exp": [1]},
    {"nbf": FOREVER},
    {"iat": FOREVER},
    {"jti": DROP},
    {"jti": "\0"},
    {"jti": 7},
    {"token_type": DROP},
    {"token_type": "sliding"},
    {"token_type": ["access", "refresh"]},
    {"user_id": DROP},
    {"user_id": "alice"},
    {"user_id": 10**30},
    {"user_id": -1},
    {"user_id": None},
    {"user_id": {}},
    {"user_id": "1\x00"},
    {"sid": DROP},
    {"sid": "x"},
    {"sid": 7},
    {"sid": None},
    {"sid": "00000000-0000-4000-8000-000000000000"},
    {"iss": "elsewhere"},
    {"iss": DROP},
    {"aud": "elsewhere"},
    {"aud": DROP},
    {"aud": 7},
]


def refused_everywhere(client, kind, token):
    """The statuses of all endpoints that accept this kind of token."""
    yield client.post("/api/auth/verify", {"token": token}).status_code
    if kind == "refresh":
        yield client.post("/api/auth/refresh", {"refresh": token}).status_code
        yield client.post("/api/auth/logout", {"refresh": token}).status_code
    else:
        headers = {"authorization": f"Bearer {token}"}
        yield client.get("/api/auth/me", headers=headers).status_code
        yield client.get("/api/tasks", headers=headers).status_code
        yield client.post("/api/auth/logout/all", headers=headers).status_code


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_the_forge_creates_valid_tokens(anonymous, forge, kind):
    assert anonymous.post("/api/auth/verify", {"token": forge(kind)}).status_code == 200


@pytest.mark.parametrize("kind", ["access", "refresh"])
@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_a_token_with_an_invalid_claim_is_refused(anonymous, forge, kind, changes):
    token = forge(kind, **changes)

    assert set(refused_everywhere(anonymous, kind, token)) == {401}
    assert SignIn.objects.exists()


class Tomorrow(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(days=1)


def test_a_remembered_token_expires(anonymous, forge, monkeypatch):
    headers = {"authorization": f"Bearer {forge('access')}"}
    assert anonymous.get("/api/auth/me", headers=headers).status_code == 200
    monkeypatch.setattr(jwt.api_jwt, "datetime", Tomorrow)
    monkeypatch.setattr(time, "time", lambda: Tomorrow.now().timestamp())

    response = anonymous.get("/api/auth/me", headers=headers)

    assert (response.status_code, response.json()["code"]) == (401, "token_expired")


def test_a_remembered_token_is_refused_without_its_key(anonymous, forge, settings):
    settings.JWT_SIGNING_KEY_PREVIOUS = "previous-" * 5
    token = forge("access", key=settings.JWT_SIGNING_KEY_PREVIOUS)
    headers = {"authorization": f"Bearer {token}"}
    assert anonymous.get("/api/auth/me", headers=headers).status_code == 200

    settings.JWT_SIGNING_KEY_PREVIOUS = ""

    assert anonymous.get("/api/auth/me", headers=headers).status_code == 401


def test_remembered_claims_cannot_be_changed(forge):
    token = forge("access")
    user_id = AccessToken(token)["user_id"]

    AccessToken(token)["user_id"] = "7777"

    assert AccessToken(token)["user_id"] == user_id


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_a_token_of_the_other_kind_is_refused(anonymous, forge, kind):
    other = "refresh" if kind == "access" else "access"

    _verified, *statuses = refused_everywhere(anonymous, kind, forge(other))

    assert set(statuses) == {401}


@pytest.mark.parametrize("kind", ["access", "refresh"])
@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        ("another key of more than thirty-two bytes", "HS256"),
        (settings.SIMPLE_JWT["SIGNING_KEY"] * 2, "HS512"),
        (settings.SIMPLE_JWT["SIGNING_KEY"], "HS384"),
        (settings.SECRET_KEY, "HS256"),
        (None, "none"),
    ],
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_another_key_or_algorithm_is_refused(anonymous, forge, kind, key, algorithm):
    token = forge(kind, key=key, algorithm=algorithm)

    assert set(refused_everywhere(anonymous, kind, token)) == {401}


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_a_malformed_token_is_refused(anonymous, forge, kind):
    head, body, signature = forge(kind).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["user_id"] = "1"
    other = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    for token in [
        f"{head}.{other}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature[:-4]}",
        f"{head}.{body}.{signature}.{signature}",
        f"..{signature}",
        head * 5000,
        "e30.e30.e30",
        "%00",
    ]:
        assert set(refused_everywhere(anonymous, kind, token)) == {401}, token[:50]


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer a b", "bearer x", "Basic YTpi", "Token x", "\xff", "Bearer \xff"],
)
def test_another_header_is_refused(anonymous, db, header):
    response = anonymous.get("/api/tasks", headers={"authorization": header})

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_token_has_sign_in_issuer_and_audience(alice):
    refresh = RefreshToken.for_user(alice)

    claims = jwt.decode(str(refresh.access_token), options={"verify_signature": False})

    assert claims["sid"] == str(SignIn.objects.get().pk)
    assert (claims["iss"], claims["aud"]) == ("todo-api", "todo-api")
    assert claims["exp"] - claims["iat"] == 15 * 60
    assert refresh["exp"] - refresh["iat"] == 14 * 24 * 3600
    assert abs(claims["iat"] - time.time()) < 5
    assert "alice" not in json.dumps(claims)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEARER"])
def test_the_scheme_may_be_in_any_case(anonymous, alice, scheme):
    token = RefreshToken.for_user(alice).access_token

    response = anonymous.get("/api/auth/me", headers={"authorization": f"{scheme} {token}"})

    assert response.status_code == 200


@pytest.mark.parametrize("header", ["{token}", "Token {token}", "Bearer{token}", "x"])
def test_a_header_without_the_scheme_says_so(anonymous, alice, header):
    value = header.format(token=RefreshToken.for_user(alice).access_token)

    response = anonymous.get("/api/auth/me", headers={"authorization": value})

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.json()["code"] == "not_authenticated"
    assert "`Authorization: Bearer`" in response.json()["detail"]


def test_a_request_without_the_header_is_challenged(anonymous, db):
    response = anonymous.get("/api/auth/me")

    assert response.json()["detail"] == "Authentication credentials were not provided."


def test_an_expired_token_has_its_own_error_code(anonymous, forge):
    access, refresh = forge("access", exp=1), forge("refresh", exp=1)

    read = anonymous.get("/api/auth/me", headers={"authorization": f"Bearer {access}"})
    renewed = anonymous.post("/api/auth/refresh", {"refresh": refresh})
    verified = anonymous.post("/api/auth/verify", {"token": access})

    answers = [(each.status_code, each.json()["code"]) for each in (read, renewed, verified)]
    assert answers == [(401, "token_expired")] * 3
    assert read.json()["detail"] == "The access token has expired."
    assert renewed.json()["detail"] == "The refresh token has expired."


def test_a_forged_token_says_that_it_is_invalid(anonymous, forge):
    token = forge("access", key="another-key-0123456789-0123456789-0123456789")

    response = anonymous.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})

    assert response.json()["code"] == "token_not_valid"
    assert response.json()["detail"] == "The access token is invalid."
