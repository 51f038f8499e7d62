"""A fair-use limit for each user. Redis shares the counters if it is configured."""

import pytest
from django.core.cache import caches
from redis.exceptions import ConnectionError, TimeoutError

from todo_project.api.throttling import UserThrottle


@pytest.fixture(autouse=True)
def three_calls_a_day(monkeypatch):
    caches["default"].clear()
    monkeypatch.setattr(UserThrottle, "THROTTLE_RATES", {"user": "3/day"})
    monkeypatch.setattr(UserThrottle, "resume_at", 0.0)
    yield
    caches["default"].clear()


def statuses(client, count):
    return [client.get("/api/tasks").status_code for _ in range(count)]


def test_each_caller_has_a_separate_rate(alice_client, bob_client):
    assert statuses(alice_client, 4) == [200, 200, 200, 429]
    assert statuses(bob_client, 1) == [200]


def test_the_wait_is_in_whole_seconds(alice_client):
    statuses(alice_client, 3)

    assert 1 <= int(alice_client.get("/api/tasks")["Retry-After"]) <= 86_400


def test_parallel_calls_all_count(alice_client, at_once):
    alice_client.get("/api/tasks")  # sets up the client

    results = at_once(8, lambda _: UserThrottle().count("key"))

    assert sorted(results) == [False] * 5 + [True] * 3


def test_first_calls_that_are_parallel_all_count(monkeypatch):
    incr, too_early = UserThrottle.cache.incr, [ValueError, ValueError]

    def find_no_key_twice(key):
        if too_early:
            raise too_early.pop()
        return incr(key)

    monkeypatch.setattr(UserThrottle.cache, "incr", find_no_key_twice, raising=False)

    assert [UserThrottle().count("key") for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("error", [ConnectionError("refused"), TimeoutError("no answer")])
def test_without_redis_calls_succeed_and_do_not_wait_each_time(alice_client, monkeypatch, error):
    asked = []

    def fail(*args, **options):
        asked.append(args)
        raise error

    monkeypatch.setattr(UserThrottle.cache, "incr", fail, raising=False)

    assert statuses(alice_client, 5) == [200] * 5
    assert len(asked) == 1


def test_it_counts_again_after_a_pause(alice_client, monkeypatch):
    monkeypatch.setattr(UserThrottle, "resume_at", 1e12)
    assert statuses(alice_client, 5) == [200] * 5

    monkeypatch.setattr(UserThrottle, "resume_at", 0.0)
    assert statuses(alice_client, 4) == [200, 200, 200, 429]
