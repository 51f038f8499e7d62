"""Tokens of Better Auth: valid ones, and attacks that must fail."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings as configured

from accounts.models import Identity, User
from accounts.tokens import RefreshToken
from tasks.models import Task

from . import provider
from .provider import DROP, Provider

ALGORITHMS = ["EdDSA", "ES256", "ES384", "ES512", "RS256", "RS384", "RS512"]
ALGORITHMS += ["PS256", "PS384", "PS512"]


def segment(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed_by_hand(header, claims, key, digest=hashlib.sha256):
    """Signs with keys that PyJWT refuses."""
    signing_input = f"{segment(header)}.{segment(claims)}"
    signature = hmac.new(key, signing_input.encode(), digest).digest()
    return f"{signing_input}.{segment(signature)}"


def test_a_token_creates_an_account(db, better_auth, with_token):
    client = with_token(better_auth.token())

    created = client.post("/api/tasks", {"title": "Buy milk"}, headers={"idempotency-key": "a"})
    repeated = client.post("/api/tasks", {"title": "Buy milk"}, headers={"idempotency-key": "a"})
    profile = client.get("/api/auth/me").json()

    assert created.status_code == 201
    assert repeated["Idempotent-Replayed"] == "true"
    assert (profile["email"], profile["name"]) == ("dee@example.com", "Dee")
    assert Task.objects.get().owner == User.objects.get()
    assert not User.objects.get().has_usable_password()
    identity = Identity.objects.get()
    assert (identity.issuer, identity.subject) == (better_auth.url, "u1")


def test_a_known_identity_costs_as_many_queries_as_our_token(
    db, better_auth, with_token, sign_in, django_assert_num_queries
):
    theirs = with_token(better_auth.token())
    theirs.get("/api/auth/me")
    ours = with_token(sign_in(User.objects.get())["access"])

    for client in (theirs, ours):
        with django_assert_num_queries(1):  # the user, with the identity or the sign-in
            assert client.get("/api/auth/me").status_code == 200


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_these_algorithms_are_accepted(db, better_auth, with_token, algorithm):
    better_auth.rotate(algorithm)

    assert with_token(better_auth.token()).get("/api/auth/me").status_code == 200


def test_one_of_several_audiences_is_enough(db, better_auth, with_token):
    token = better_auth.token(aud=["https://other.example", better_auth.url])

    assert with_token(token).get("/api/auth/me").status_code == 200


def test_issuer_and_audience_can_be_configured(db, better_auth, with_token, settings):
    settings.BETTER_AUTH_ISSUER, settings.BETTER_AUTH_AUDIENCE = "https://app.example", "todo"

    right = better_auth.token(iss="https://app.example", aud="todo")

    assert with_token(right).get("/api/auth/me").status_code == 200
    assert with_token(better_auth.token()).get("/api/auth/me").status_code == 401
    assert Identity.objects.get().issuer == "https://app.example"


NOW = int(time.time())
FUTURE = 32_503_680_000  # the year 3000


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": DROP},
        {"iss": 7},
        {"aud": "https://elsewhere.example"},
        {"aud": ["https://elsewhere.example"]},
        {"aud": []},
        {"aud": DROP},
        {"aud": 7},
        {"exp": DROP},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": float("inf")},
        {"iat": FUTURE},
        {"iat": DROP},
        {"iat": float("-inf")},
        {"nbf": FUTURE},
        {"sub": DROP},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "u\0"},
        {"sub": "\ud800"},
        {"sub": "ü"},
        {"sub": "u" * 256},
    ],
    ids=str,
)
def test_a_token_with_an_invalid_claim_is_refused(db, better_auth, with_token, changes):
    response = with_token(better_auth.token(**changes)).get("/api/tasks")

    assert response.status_code == 401
    assert response.json()["code"] == "token_not_valid"
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert not User.objects.exists()


def test_an_expired_token_has_its_own_error_code(db, better_auth, with_token):
    response = with_token(better_auth.token(exp=NOW - 60)).get("/api/tasks")

    assert response.status_code == 401
    assert response.json()["code"] == "token_expired"
    assert response.json()["detail"] == "The token has expired."
    assert not User.objects.exists()


def test_a_negative_iat_is_accepted(db, better_auth, with_token):
    assert with_token(better_auth.token(iat=-(10**30))).get("/api/tasks").status_code == 200


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256"])
@pytest.mark.parametrize("form", ["pem", "der", "jwk", "jwks"])
@pytest.mark.parametrize("secret", ["", "the secret of Better Auth, which is long enough"])
def test_a_token_signed_with_the_public_key_is_refused(
    db, better_auth, with_token, settings, algorithm, form, secret
):
    settings.BETTER_AUTH_SECRET = secret
    better_auth.rotate(algorithm)
    public = better_auth.keys[better_auth.kid].public_key()
    published = better_auth.published[better_auth.kid]
    key = {
        "pem": lambda: public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": lambda: public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": lambda: json.dumps(published).encode(),
        "jwks": lambda: json.dumps({"keys": [published]}).encode(),
    }[form]()

    for digest, name in [(hashlib.sha256, "HS256"), (hashlib.sha512, "HS512")]:
        header = {"alg": name, "typ": "JWT", "kid": better_auth.kid}
        token = signed_by_hand(header, better_auth.claims(), key, digest)

        assert with_token(token).get("/api/tasks").status_code == 401


@pytest.mark.parametrize("name", ["none", "None", "NONE", "", None, 7, ["EdDSA"]])
def test_a_token_without_a_signature_is_refused(db, better_auth, with_token, name):
    for extra in ({}, {"kid": better_auth.kid}):
        head = segment({"alg": name, **extra})

        for signature in ("", segment(b"x" * 64)):
            token = f"{head}.{segment(better_auth.claims())}.{signature}"
            assert with_token(token).get("/api/tasks").status_code == 401


def test_a_symmetric_key_in_the_key_set_is_ignored(db, better_auth, with_token):
    key = b"x" * 64
    for name, digest in [("HS256", hashlib.sha256), ("HS512", hashlib.sha512)]:
        published = {"kty": "oct", "kid": name, "alg": name, "k": segment(key)}
        better_auth.published[name] = published
        token = signed_by_hand({"alg": name, "kid": name}, better_auth.claims(), key, digest)

        assert with_token(token).get("/api/tasks").status_code == 401
    assert with_token(better_auth.token()).get("/api/tasks").status_code == 200


def test_a_key_is_valid_only_for_its_own_algorithm(db, better_auth, with_token):
    better_auth.rotate("RS256")
    key, kid = better_auth.keys[better_auth.kid], better_auth.kid

    statuses = [
        with_token(jwt.encode(better_auth.claims(), key, algorithm, headers={"kid": kid}))
        .get("/api/tasks")
        .status_code
        for algorithm in ("RS256", "RS512", "PS256")
    ]

    assert statuses == [200, 401, 401]


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_key_that_is_too_short_is_ignored(db, better_auth, with_token, monkeypatch):
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505  (meant to be weak)
    monkeypatch.setattr(provider, "rsa_key", lambda: weak)
    better_auth.rotate("RS256")

    assert with_token(better_auth.token()).get("/api/tasks").status_code == 401


def test_an_encryption_key_is_ignored(db, better_auth, with_token):
    better_auth.rotate()
    for kid, use in [("key-0", "sig"), ("key-1", "enc")]:
        better_auth.published[kid]["use"] = use

    assert with_token(better_auth.token()).get("/api/tasks").status_code == 401


@pytest.mark.parametrize("kid", ["key-0", "another"])
def test_a_key_of_another_issuer_is_refused(db, better_auth, with_token, kid):
    """Under its own id, or under the id of a known key."""
    with Provider() as other:
        token = other.token(iss=better_auth.url, aud=better_auth.url, kid=kid)

        assert with_token(other.token()).get("/api/tasks").status_code == 401
        assert with_token(token).get("/api/tasks").status_code == 401
        assert with_token(better_auth.token()).get("/api/tasks").status_code == 200
        assert other.reads == 0


def test_a_key_inside_a_token_is_ignored(db, better_auth, with_token):
    with Provider() as thief:
        url = f"{thief.url}/api/auth/jwks"
        brought = {"jku": url, "x5u": url, "x5c": ["x"], "jwk": thief.published["key-0"]}

        for kid in ("key-0", "another"):
            token = thief.token(kid=kid, headers=brought, iss=better_auth.url, aud=better_auth.url)
            assert with_token(token).get("/api/tasks").status_code == 401

        assert thief.reads == 0


def test_a_token_must_have_a_kid(db, better_auth, with_token):
    key = better_auth.keys[better_auth.kid]
    for headers in ({}, {"kid": ""}):
        token = jwt.encode(better_auth.claims(), key, "EdDSA", headers=headers)

        assert with_token(token).get("/api/tasks").status_code == 401
    assert better_auth.reads == 0


def test_a_malformed_token_is_refused(db, better_auth, with_token):
    head, body, signature = better_auth.token().split(".")
    other = segment(better_auth.claims(sub="u2"))
    deep = segment(b"[" * 100_000)

    for token in [
        f"{head}.{other}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature[:-4]}",
        f"{head}.{body}.{signature}.{signature}",
        f"{deep}.{body}.{signature}",
        f"{head}.{deep}.{signature}",
        f"{segment({'alg': 'EdDSA', 'kid': 7})}.{body}.{signature}",
        f"{segment({'alg': 'EdDSA', 'kid': 'key-0', 'crit': ['x']})}.{body}.{signature}",
        f"{head}.{segment(b'7')}.{signature}",
        f"{head}.{segment([])}.{signature}",
        "e30.e30.e30",
        "..",
    ]:
        assert with_token(token).get("/api/tasks").status_code == 401, token[:50]
    assert not User.objects.exists()


# Our own tokens


def test_our_own_tokens_are_accepted_too(db, better_auth, with_token, sign_in, alice):
    pair = sign_in(alice)

    assert with_token(pair["access"]).get("/api/auth/me").json()["email"] == "alice@example.com"
    assert with_token(pair["refresh"]).get("/api/auth/me").status_code == 401
    assert better_auth.reads == 0


@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256"])
def test_their_token_with_our_issuer_is_refused(db, better_auth, with_token, alice, algorithm):
    better_auth.rotate(algorithm)
    ours = dict(RefreshToken.for_user(alice).access_token.payload)

    token = better_auth.token(**ours, **{"iss": "todo-api", "aud": "todo-api"})

    assert with_token(token).get("/api/tasks").status_code == 401
    assert with_token(better_auth.token(**ours)).get("/api/auth/me").json()["name"] != "Alice"


@pytest.mark.parametrize("secret", ["", "the secret of Better Auth, which is long enough"])
def test_our_token_with_their_issuer_is_refused(
    db, better_auth, with_token, alice, settings, secret
):
    settings.BETTER_AUTH_SECRET = secret
    ours = dict(RefreshToken.for_user(alice).access_token.payload)
    key = configured.SIMPLE_JWT["SIGNING_KEY"]

    for changes in ({}, {"iss": DROP, "aud": DROP}):
        claims = better_auth.claims(**ours, **changes)
        token = jwt.encode(claims, key, "HS256", headers={"kid": better_auth.kid})
        assert with_token(token).get("/api/tasks").status_code == 401


def test_endpoints_for_our_tokens_refuse_theirs(db, better_auth, anonymous):
    token = better_auth.token()

    assert anonymous.post("/api/auth/verify", {"token": token}).status_code == 401
    assert anonymous.post("/api/auth/refresh", {"refresh": token}).status_code == 401
    assert anonymous.post("/api/auth/logout", {"refresh": token}).status_code == 401


# The secret


@pytest.fixture
def sign(secret):
    def make(key=secret, algorithm="HS256", **claims):
        times = {"iat": time.time(), "exp": time.time() + 900}
        given = {"sub": "u1", "email": "dee@example.com", **times, **claims}
        given = {name: value for name, value in given.items() if value is not DROP}
        return jwt.encode(given, key, algorithm)

    return make


@pytest.mark.parametrize(
    ("claims", "subject"),
    [
        ({}, "u1"),
        ({"sub": DROP, "user_id": "u2"}, "u2"),
        ({"sub": DROP, "id": "u3"}, "u3"),
        ({"sub": DROP, "user_id": 4}, "4"),
        ({"sub": "u5", "user_id": "other", "id": "other"}, "u5"),
        ({"iss": "http://localhost:3000"}, "u1"),
    ],
)
def test_a_token_signed_with_the_secret_is_accepted(db, sign, with_token, claims, subject):
    assert with_token(sign(**claims)).get("/api/auth/me").status_code == 200

    identity = Identity.objects.get()
    assert (identity.issuer, identity.subject) == ("BETTER_AUTH_SECRET", subject)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": DROP},
        {"exp": 1_000_000_000},
        {"sub": DROP},
        {"sub": 7},
        {"sub": DROP, "id": True},
        {"sub": DROP, "id": ["u1"]},
        {"sub": DROP, "id": ""},
        {"sub": DROP, "user": {"id": "u1"}, "session": {}},  # a cached session
        {"sub": DROP, "updateTo": "eve@example.com"},  # a link to confirm an address
        {"aud": "https://elsewhere.example"},
        {"key": "another secret, which is long enough, too"},
        {"algorithm": "HS384", "key": "the secret of Better Auth, which is long enough" * 2},
        {"algorithm": "HS512"},
        {"algorithm": "none", "key": None},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_other_data_signed_with_the_secret_is_refused(db, sign, with_token, changes):
    assert with_token(sign(**changes)).get("/api/tasks").status_code == 401
    assert not User.objects.exists()


def test_a_token_without_iat_is_valid_until_a_sign_out(db, sign, with_token):
    client = with_token(sign(iat=DROP))

    assert client.get("/api/tasks").status_code == 200
    assert client.post("/api/auth/logout/all").status_code == 204
    assert client.get("/api/tasks").status_code == 401
    assert with_token(sign(iat=DROP)).get("/api/tasks").status_code == 401


def test_issuer_and_audience_are_checked_if_present(db, sign, with_token, settings):
    settings.BETTER_AUTH_ISSUER = settings.BETTER_AUTH_AUDIENCE = "https://app.example"

    right, wrong = (
        {"iss": url, "aud": url} for url in ("https://app.example", "https://x.example")
    )

    assert with_token(sign()).get("/api/tasks").status_code == 200
    assert with_token(sign(**right)).get("/api/tasks").status_code == 200
    assert with_token(sign(**{**right, "iss": wrong["iss"]})).get("/api/tasks").status_code == 401
    assert with_token(sign(**{**right, "aud": wrong["aud"]})).get("/api/tasks").status_code == 401


def test_each_kind_of_token_needs_its_setting(db, better_auth, secret, sign, with_token, settings):
    assert with_token(better_auth.token()).get("/api/tasks").status_code == 401
    assert better_auth.reads == 0

    settings.BETTER_AUTH_SECRET = ""

    assert with_token(sign()).get("/api/tasks").status_code == 401
    nothing = signed_by_hand({"alg": "HS256"}, {"sub": "u1", "exp": NOW + 900}, b"")
    assert with_token(nothing).get("/api/tasks").status_code == 401


def test_one_subject_of_two_issuers_is_two_identities(db, better_auth, sign, with_token, settings):
    settings.BETTER_AUTH_URL = better_auth.url
    settings.BETTER_AUTH_ISSUER = settings.BETTER_AUTH_AUDIENCE = better_auth.url

    by_key = with_token(better_auth.token()).get("/api/auth/me").json()
    by_secret = with_token(sign(email="eve@example.com")).get("/api/auth/me").json()

    assert (by_key["email"], by_secret["email"]) == ("dee@example.com", "eve@example.com")
