"""The keys of Better Auth: how often they are fetched, and what happens after a failure."""

import threading
import time
from contextlib import contextmanager, suppress

import pytest

from accounts import jwks
from accounts.jwks import Keys, KeysUnavailable
from accounts.models import User


@pytest.fixture
def status(db, better_auth, with_token):
    """The status for a token, by default a new token of the provider."""

    def ask(token=None):
        return with_token(token or better_auth.token()).get("/api/tasks").status_code

    return ask


@pytest.fixture
def keys(provider):
    return Keys(f"{provider.url}/api/auth/jwks")


def fail(handler, provider):
    handler.send_error(500)


def test_keys_are_fetched_once_per_cache_time(better_auth, status, later):
    statuses = [status() for _ in range(5)]
    later(59)
    statuses.append(status())
    assert better_auth.reads == 1

    later(61)
    statuses += [status() for _ in range(5)]

    assert statuses == [200] * 11
    assert better_auth.reads == 2


@pytest.mark.parametrize("known", [False, True])
def test_unknown_keys_cause_one_fetch_per_cache_time(better_auth, status, later, known):
    if known:
        status()
    before = better_auth.reads

    statuses = [status(better_auth.token(kid=f"made-up-{n}")) for n in range(50)]
    assert better_auth.reads == before + 1
    later(61)
    statuses += [status(better_auth.token(kid=f"made-up-{n}")) for n in range(50)]

    # No fetch has checked whether the other keys exist.
    assert statuses == [401, *[503] * 49] * 2
    assert better_auth.reads == before + 2
    assert status() == 200


def test_a_key_that_was_not_found_is_refused_until_the_next_fetch(better_auth, status, later):
    token = better_auth.token(kid="made-up")
    statuses = [status(token), status(token)]
    later(61)
    better_auth.answer = fail

    assert [*statuses, status(token)] == [401, 401, 503]
    assert better_auth.reads == 2


def test_a_new_key_after_an_unknown_one_must_wait(better_auth, status, with_token, later):
    status(better_auth.token(kid="made-up"))
    better_auth.rotate()
    token = better_auth.token()

    refused = with_token(token).get("/api/tasks")
    later(int(refused["Retry-After"]))

    assert (refused.status_code, refused.json()["code"]) == (503, "keys_unavailable")
    assert 50 < int(refused["Retry-After"]) <= 60
    assert status(token) == 200


def test_parallel_unknown_keys_cause_one_fetch(provider, keys, at_once):
    found = at_once(16, lambda n: keys.get(f"made-up-{n}"))

    assert found.count(None) == 1
    assert sum(isinstance(error, KeysUnavailable) for error in found) == 15
    assert provider.reads == 1


def test_parallel_first_tokens_cause_one_fetch(provider, keys, at_once, monkeypatch):
    monkeypatch.setattr(jwks, "SHARED_TIMEOUT", 30)

    found = at_once(16, lambda n: keys.get(provider.kid).key_id)

    assert found == ["key-0"] * 16
    assert provider.reads == 1


def test_a_new_key_is_fetched_with_its_first_token(better_auth, status):
    old = better_auth.token()
    statuses = [status(old)]

    for algorithm in ("ES256", "EdDSA", "EdDSA"):
        better_auth.rotate(algorithm)
        statuses += [status(), status(old)]

    assert statuses == [200] * 7
    assert better_auth.reads == 4


def test_a_withdrawn_key_is_valid_until_the_next_fetch(better_auth, status, later):
    old = better_auth.token()
    status(old)
    better_auth.rotate()
    del better_auth.published["key-0"]
    before = status(old)

    later(61)

    assert (before, status(old), status()) == (200, 401, 200)


def test_without_keys_their_tokens_are_a_503_and_ours_are_valid(
    better_auth, with_token, sign_in, alice
):
    better_auth.answer = fail

    theirs = with_token(better_auth.token()).get("/api/tasks")
    elsewhere = with_token(better_auth.token(iss="https://x.example")).get("/api/tasks")
    ours = with_token(sign_in(alice)["access"]).get("/api/tasks")

    assert theirs.status_code == 503
    assert theirs["Retry-After"] == "5"
    assert theirs["Content-Type"] == "application/problem+json"
    assert theirs.json() == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "code": "keys_unavailable",
        "detail": "The sign-in keys are not available. Try again shortly.",
    }
    assert (elsewhere.status_code, ours.status_code) == (401, 200)
    assert User.objects.count() == 1


def test_a_refused_connection_is_a_503(better_auth, status):
    better_auth.server.server_close()

    assert status() == 503


def test_after_a_failure_the_next_fetch_is_delayed(better_auth, status, later):
    better_auth.answer = fail
    statuses = [status() for _ in range(20)]
    assert better_auth.reads == 1

    better_auth.answer = None
    later(4)
    statuses.append(status())
    later(6)

    assert set(statuses) == {503}
    assert status() == 200
    assert better_auth.reads == 2


def test_known_keys_stay_valid_for_an_hour_without_a_fetch(better_auth, status, later):
    status()
    better_auth.answer = fail

    statuses = []
    for seconds in (61, 3599, 3601):
        later(seconds)
        statuses.append((status(), status(better_auth.token(kid="another"))))

    assert statuses == [(200, 503), (200, 503), (503, 503)]


@pytest.fixture
def reading(provider, keys, monkeypatch):
    """Inside this context, a thread waits for keys and gets no response."""
    monkeypatch.setattr(jwks, "TIMEOUT", 30)
    monkeypatch.setattr(jwks, "SHARED_TIMEOUT", 30)

    @contextmanager
    def read():
        asked, go_on = threading.Event(), threading.Event()

        def hang(handler, provider):
            asked.set()
            go_on.wait(10)  # would be endless, but a failing test must end

        def get():
            with suppress(KeysUnavailable):
                keys.get(provider.kid)

        provider.answer = hang
        first = threading.Thread(target=get)
        first.start()
        assert asked.wait(30)
        yield
        assert keys.reader.is_alive()
        go_on.set()
        first.join()

    return read


def test_a_request_with_a_known_key_does_not_wait_for_a_fetch(provider, keys, later, reading):
    keys.get(provider.kid)
    later(61)

    with reading():
        found = keys.get(provider.kid)

    assert found.key_id == provider.kid
    assert provider.reads == 2


def test_after_a_failure_one_request_waits_and_others_are_refused(provider, keys, later, reading):
    provider.answer = fail
    with pytest.raises(KeysUnavailable):
        keys.get(provider.kid)
    later(6)

    with reading(), pytest.raises(KeysUnavailable) as refusal:
        keys.get(provider.kid)

    assert refusal.value.wait == 1
    assert provider.reads == 2


def test_other_requests_wait_only_briefly_for_a_fetch(provider, keys, reading, monkeypatch):
    with reading():
        monkeypatch.setattr(jwks, "SHARED_TIMEOUT", 0.01)
        with pytest.raises(KeysUnavailable):
            keys.get(provider.kid)

    assert provider.reads == 1


@pytest.mark.parametrize("drop", [b"X: x\r\n", b"x"])
def test_slow_headers_do_not_block_requests(provider, keys, monkeypatch, later, drop):
    given_up = threading.Event()

    def drip(handler, provider):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nX: x")
        for _ in range(50):  # would be endless, but a failing test must end
            if given_up.wait(0.1):
                break
            handler.wfile.write(drop)
        handler.wfile.write(b"\r\n\r\n" + provider.key_set())

    provider.answer = drip
    monkeypatch.setattr(jwks, "TIMEOUT", 0.3)
    for _ in range(2):
        with pytest.raises(KeysUnavailable):
            keys.get(provider.kid)
        assert keys.reader.is_alive()
    assert provider.reads == 1

    given_up.set()
    keys.reader.join()
    provider.answer = None
    later(6)
    assert keys.get(provider.kid).key_id == provider.kid


def test_it_sends_a_user_agent(provider, keys):
    keys.get(provider.kid)

    assert provider.asked_by == "todo-api"


def hang(handler, provider):
    handler.rfile.read(1)  # until the client disconnects


def drip(handler, provider):
    """A response that never ends. Each part of it arrives in time."""
    handler.send_response(200)
    handler.end_headers()
    with suppress(OSError):
        while True:
            handler.wfile.write(b" ")
            time.sleep(0.01)


def redirect(handler, provider):
    handler.send_response(302)
    handler.send_header("Location", "/api/auth/jwks?again")
    handler.end_headers()


def cut_short(handler, provider):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"keys": [')


def huge(handler, provider):
    handler.send_response(200)
    handler.end_headers()
    with suppress(OSError):
        handler.wfile.write(provider.key_set(more="x" * 2**20))


def nonsense(handler, provider):
    handler.wfile.write(b"nonsense\r\n\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        *(hang, drip, redirect, cut_short, huge, nonsense, fail),
        *(b"<!doctype html>", b"\xff", b"7", b"[]", b'"keys"', b"null", b"[" * 100_000),
        *(b"{}", b'{"keys": 7}', b'{"keys": {}}', b'{"keys": []}', b'{"keys": [7, null]}'),
        *(b'{"keys": [{"kty": "oct", "kid": "a"}]}', b'{"keys": [{"kty": [], "alg": {}}]}'),
        b'{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "a", "alg": "EdDSA"}]}',
    ],
    ids=lambda answer: answer.__name__ if callable(answer) else repr(answer[:30]),
)
def test_a_response_without_keys_is_a_failure(provider, keys, monkeypatch, later, answer):
    provider.answer = answer

    with monkeypatch.context() as patch:
        patch.setattr(jwks, "TIMEOUT", 0.2)
        with pytest.raises(KeysUnavailable):
            keys.get(provider.kid)
        keys.reader.join(10)
    assert provider.reads == 1

    provider.answer = None
    later(6)
    assert keys.get(provider.kid).key_id == provider.kid


def test_an_unusable_key_does_not_hide_the_others(provider, keys):
    provider.published["a"] = {"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "a"}
    provider.published["b"] = {"kty": "from the future", "kid": "b"}
    provider.published["c"] = {"kty": "oct", "kid": "c"}
    provider.published["d"] = {**provider.published["key-0"], "kid": ["d"]}

    assert keys.get(provider.kid).key_id == provider.kid
    assert set(keys.keys) == {provider.kid}
