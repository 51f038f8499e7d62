"""The keys of Better Auth: how often they are read, and what comes of it when they cannot be."""

import threading
import time
from contextlib import contextmanager, suppress

import pytest

from accounts import jwks
from accounts.jwks import Keys, KeysUnavailable
from accounts.models import User


@pytest.fixture
def status(db, better_auth, with_token):
    """What a token is answered; without one, a new one of the provider."""

    def ask(token=None):
        return with_token(token or better_auth.token()).get("/api/tasks").status_code

    return ask


@pytest.fixture
def keys(provider):
    return Keys(f"{provider.url}/api/auth/jwks")


def fail(handler, provider):
    handler.send_error(500)


def test_they_are_read_once_and_again_when_they_are_old(better_auth, status, later):
    statuses = [status() for _ in range(5)]
    later(59)
    statuses.append(status())
    assert better_auth.reads == 1

    later(61)
    statuses += [status() for _ in range(5)]

    assert statuses == [200] * 11
    assert better_auth.reads == 2


@pytest.mark.parametrize("known", [False, True])
def test_keys_that_do_not_exist_cause_one_read_in_the_cache_time(better_auth, status, later, known):
    if known:
        status()
    before = better_auth.reads

    statuses = [status(better_auth.token(kid=f"made-up-{n}")) for n in range(50)]
    assert better_auth.reads == before + 1
    later(61)
    statuses += [status(better_auth.token(kid=f"made-up-{n}")) for n in range(50)]

    # Whether the others exist nobody has looked.
    assert statuses == [401, *[503] * 49] * 2
    assert better_auth.reads == before + 2
    assert status() == 200


def test_one_that_was_looked_for_in_vain_is_refused_until_they_may_be_read_again(
    better_auth, status, later
):
    token = better_auth.token(kid="made-up")
    statuses = [status(token), status(token)]
    later(61)
    better_auth.answer = fail

    assert [*statuses, status(token)] == [401, 401, 503]
    assert better_auth.reads == 2


def test_a_new_key_after_one_that_does_not_exist_has_to_wait(
    better_auth, status, with_token, later
):
    status(better_auth.token(kid="made-up"))
    better_auth.rotate()
    token = better_auth.token()

    refused = with_token(token).get("/api/tasks")
    later(int(refused["Retry-After"]))

    assert (refused.status_code, refused.json()["code"]) == (503, "keys_unavailable")
    assert 50 < int(refused["Retry-After"]) <= 60
    assert status(token) == 200


def test_so_do_they_when_they_come_at_once(provider, keys, at_once):
    found = at_once(16, lambda n: keys.get(f"made-up-{n}"))

    assert found.count(None) == 1
    assert sum(isinstance(error, KeysUnavailable) for error in found) == 15
    assert provider.reads == 1


def test_the_first_tokens_may_come_at_once(provider, keys, at_once, monkeypatch):
    monkeypatch.setattr(jwks, "SHARED_TIMEOUT", 30)

    found = at_once(16, lambda n: keys.get(provider.kid).key_id)

    assert found == ["key-0"] * 16
    assert provider.reads == 1


def test_a_new_key_is_found_by_its_first_token(better_auth, status):
    old = better_auth.token()
    statuses = [status(old)]

    for algorithm in ("ES256", "EdDSA", "EdDSA"):
        better_auth.rotate(algorithm)
        statuses += [status(), status(old)]

    assert statuses == [200] * 7
    assert better_auth.reads == 4


def test_a_key_that_is_withdrawn_is_good_until_the_keys_are_read(better_auth, status, later):
    old = better_auth.token()
    status(old)
    better_auth.rotate()
    del better_auth.published["key-0"]
    before = status(old)

    later(61)

    assert (before, status(old), status()) == (200, 401, 200)


def test_without_them_their_tokens_are_a_503_and_ours_are_good(
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


def test_nobody_listens(better_auth, status):
    better_auth.server.server_close()

    assert status() == 503


def test_after_a_failure_they_are_left_alone_for_a_while(better_auth, status, later):
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


def test_known_keys_stay_good_for_an_hour_while_they_cannot_be_read(better_auth, status, later):
    status()
    better_auth.answer = fail

    statuses = []
    for seconds in (61, 3599, 3601):
        later(seconds)
        statuses.append((status(), status(better_auth.token(kid="another"))))

    assert statuses == [(200, 503), (200, 503), (503, 503)]


@pytest.fixture
def reading(provider, keys, monkeypatch):
    """While it lasts, a thread waits for the keys and is not answered."""
    monkeypatch.setattr(jwks, "TIMEOUT", 30)
    monkeypatch.setattr(jwks, "SHARED_TIMEOUT", 30)

    @contextmanager
    def read():
        asked, go_on = threading.Event(), threading.Event()

        def hang(handler, provider):
            asked.set()
            go_on.wait(10)  # for ever, but that a failing test ends

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


def test_whoever_has_a_key_does_not_wait_for_it_to_be_read_again(provider, keys, later, reading):
    keys.get(provider.kid)
    later(61)

    with reading():
        found = keys.get(provider.kid)

    assert found.key_id == provider.kid
    assert provider.reads == 2


def test_after_a_failure_one_waits_and_the_others_are_refused(provider, keys, later, reading):
    provider.answer = fail
    with pytest.raises(KeysUnavailable):
        keys.get(provider.kid)
    later(6)

    with reading(), pytest.raises(KeysUnavailable) as refusal:
        keys.get(provider.kid)

    assert refusal.value.wait == 1
    assert provider.reads == 2


def test_while_one_waits_for_an_answer_others_do_not_for_long(provider, keys, reading, monkeypatch):
    with reading():
        monkeypatch.setattr(jwks, "SHARED_TIMEOUT", 0.01)
        with pytest.raises(KeysUnavailable):
            keys.get(provider.kid)

    assert provider.reads == 1


@pytest.mark.parametrize("drop", [b"X: x\r\n", b"x"])
def test_headers_in_drops_hold_nobody_up(provider, keys, monkeypatch, later, drop):
    given_up = threading.Event()

    def drip(handler, provider):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nX: x")
        for _ in range(50):  # for ever, but that a failing test ends
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


def test_it_says_who_asks(provider, keys):
    keys.get(provider.kid)

    assert provider.asked_by == "todo-api"


def hang(handler, provider):
    handler.rfile.read(1)  # until the client hangs up


def drip(handler, provider):
    """An answer that never ends, each part of it in time."""
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
def test_an_answer_that_has_no_keys_is_a_failure(provider, keys, monkeypatch, later, answer):
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


def test_a_key_that_cannot_be_used_does_not_hide_the_others(provider, keys):
    provider.published["a"] = {"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "a"}
    provider.published["b"] = {"kty": "from the future", "kid": "b"}
    provider.published["c"] = {"kty": "oct", "kid": "c"}
    provider.published["d"] = {**provider.published["key-0"], "kid": ["d"]}

    assert keys.get(provider.kid).key_id == provider.kid
    assert set(keys.keys) == {provider.kid}
