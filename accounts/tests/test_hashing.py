"""A worker hashes passwords on few threads and rejects a request if none is free."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from accounts import hashers
from accounts.hashers import Slots
from accounts.models import Attempts, User
from todo_project.api.problems import Busy

from .conftest import PASSWORD

LOGIN = "/api/auth/login"
ACCOUNT = {"email": "cyd@example.com", "password": PASSWORD}
FORM = {"username": "cyd@example.com", "password": PASSWORD}
SIGN_UP = {"email": "new@example.com", "password": "correct horse", "timezone": "UTC"}


@pytest.fixture
def slots(monkeypatch):
    """A worker with one slot and without waiting."""
    slots = Slots(1)
    slots.busy_until = float("inf")
    monkeypatch.setattr(hashers, "slots", slots)
    return slots


@pytest.fixture
def taken(slots):
    """The slot is taken by another request."""
    slots.free.acquire()
    yield slots
    slots.free.release()


def test_a_worker_has_more_threads_than_slots():
    assert 1 <= hashers.SLOTS < settings.THREADS


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", LOGIN, ACCOUNT),
        ("post", "/api/auth/register", {"email": "new@example.com", "password": "correct horse"}),
        ("post", "/api/auth/password", {"current_password": PASSWORD, "new_password": "x" * 9}),
        ("delete", "/api/auth/me", {"password": PASSWORD}),
    ],
)
def test_an_api_call_gets_a_503_with_retry_after(cyd, taken, method, path, body):
    client = APIClient()
    if path not in (LOGIN, "/api/auth/register"):
        client.force_authenticate(cyd)

    response = getattr(client, method)(path, body)

    assert (response.status_code, response.json()["code"]) == (503, "busy")
    assert int(response["Retry-After"]) == Busy.wait
    assert User.objects.get() == cyd
    assert not Attempts.objects.exists()


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/api-auth/login/", FORM),
        ("/admin/login/", FORM),
        ("/api-auth/register/", SIGN_UP),
    ],
)
def test_a_browser_gets_an_error_page(client, cyd, taken, path, form):
    response = client.post(path, form)

    assert response.status_code == 503
    assert response["Content-Type"].startswith("text/html")
    assert int(response["Retry-After"]) == Busy.wait
    assert b"Wait 2 seconds" in response.content
    assert User.objects.count() == 1
    assert not Attempts.objects.exists()


def test_a_change_without_a_free_slot_changes_nothing(cyd, taken):
    before = cyd.password
    client = APIClient()
    client.force_authenticate(cyd)

    client.post("/api/auth/password", {"current_password": PASSWORD, "new_password": "x1y2z3w4"})

    cyd.refresh_from_db()
    assert cyd.password == before


def test_a_repeated_call_succeeds_when_the_slot_is_free(anonymous, cyd, slots):
    slots.free.acquire()
    refused = anonymous.post(LOGIN, ACCOUNT)
    slots.free.release()

    assert refused.status_code == 503
    assert anonymous.post(LOGIN, ACCOUNT).status_code == 200


def test_a_slot_is_free_again_after_an_error(slots):
    with pytest.raises(RuntimeError), slots.take():
        raise RuntimeError

    with slots.take():
        pass


def test_nested_calls_share_a_slot(slots):
    with slots.take(), slots.take():
        assert not slots.free.acquire(blocking=False)
    assert slots.free.acquire(blocking=False)


def test_a_first_thread_waits_for_a_slot():
    slots = Slots(1)
    slots.WAIT = 60
    holds, over, served = threading.Event(), threading.Event(), threading.Event()

    def hold():
        with slots.take():
            holds.set()
            over.wait()

    def wait():
        with slots.take():
            served.set()

    threads = [threading.Thread(target=hold), threading.Thread(target=wait)]
    threads[0].start()
    holds.wait()
    threads[1].start()
    assert not served.is_set()
    over.set()
    for thread in threads:
        thread.join()

    assert served.is_set()


def test_threads_do_not_wait_for_some_time_after_a_busy_error(monkeypatch):
    slots, now = Slots(1), 1000.0
    monkeypatch.setattr(hashers, "monotonic", lambda: now)
    slots.WAIT = 0.001
    slots.free.acquire()
    assert slots.timeout > 0

    with pytest.raises(Busy), slots.take():
        pass

    assert slots.timeout == 0
    now += Slots.BUSY_FOR
    assert slots.timeout > 0


def test_the_slots_limit_the_hashing_threads(at_once, real_hashes, cyd, monkeypatch):
    slots = Slots(2)
    slots.WAIT = 60
    monkeypatch.setattr(hashers, "slots", slots)
    monkeypatch.setattr(hashers, "pool", ThreadPoolExecutor(8))
    inside, most, lock = 0, 0, threading.Lock()
    verify = hashers.Argon2PasswordHasher.verify

    def count(self, *args):
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        try:
            return verify(self, *args)
        finally:
            with lock:
                inside -= 1

    monkeypatch.setattr(hashers.Argon2PasswordHasher, "verify", count)

    results = at_once(8, lambda _: cyd.check_password(PASSWORD))

    assert results == [True] * 8
    assert most == 2


def test_hashes_have_a_lower_priority_than_requests():
    of_hashes = hashers.pool.submit(os.getpriority, os.PRIO_PROCESS, 0).result()

    assert of_hashes == os.getpriority(os.PRIO_PROCESS, 0) + 5
