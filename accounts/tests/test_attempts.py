"""Attempts are counted exactly with parallel threads, deletions and wrong clocks."""

import random
import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.exceptions import Throttled

from accounts.attempts import Limit, clear_expired
from accounts.login_limit import LoginLimit
from accounts.models import Attempts

HOUR = timedelta(hours=1)


def delete_rows(over):
    """Deletes one row at a time, as the code does.

    A statement that deletes all rows competes with the other threads for each row, and holds the
    locks that it has. It took seconds on a busy machine, and PostgreSQL limits its time.
    """
    while not over.is_set():
        for row in Attempts.objects.all():
            row.delete()
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_deletions_do_not_break_2000_attempts_from_16_threads(at_once):
    over = threading.Event()
    deleting = threading.Thread(target=delete_rows, args=[over])

    def attempt_125_times(number):
        choice = random.Random(number)
        for _ in range(125):
            limit = Limit("test", f"account {choice.randrange(4)}", "1000000/min")
            limit.attempt()
            then = choice.choice([limit.attempt, limit.clear, partial(limit.mark_known, HOUR)])
            then()

    deleting.start()
    results = at_once(16, attempt_125_times)
    over.set()
    deleting.join()

    assert results == [None] * 16


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_for_2000_attempts_from_16_threads(at_once):
    def passed(_):
        return sum(passes(Limit("test", "account", "300/hour")) for _ in range(125))

    results = at_once(16, passed)

    assert sum(results) == 300
    assert len(Attempts.objects.get().times) == 300


def passes(limit):
    try:
        limit.attempt()
    except Throttled:
        return False
    return True


@pytest.mark.django_db(transaction=True)
def test_counts_of_one_account_never_deadlock(at_once, settings):
    settings.THROTTLE_LOGIN = "1000000/min"

    def sign_in_or_delete(number):
        for n in range(40):
            limit = LoginLimit(None, "cyd@example.com")
            if (number + n) % 4 == 0:
                with transaction.atomic():
                    limit.forget()
            elif (number + n) % 4 == 1:
                for row in Attempts.objects.all():  # one lock at a time
                    Attempts.objects.filter(pk=row.pk).update(expires_at=timezone.now() - HOUR)
                clear_expired()
            else:
                limit.attempt()
                limit.succeed()

    assert at_once(8, sign_in_or_delete) == [None] * 8


@pytest.fixture
def limit(db):
    return Limit("test", "account", "3/min")


def test_attempts_after_now_do_not_count(limit, ago):
    ago(-3 * 3600)  # by a fast clock
    assert [passes(limit) for _ in range(4)] == [True] * 3 + [False]

    ago(0)

    assert [passes(limit) for _ in range(4)] == [True] * 3 + [False]
    assert len(Attempts.objects.get().times) == 3


def test_attempts_with_a_slightly_fast_clock_count(limit, ago):
    ago(-2)
    assert [passes(limit) for _ in range(3)] == [True] * 3

    ago(0)

    with pytest.raises(Throttled) as refused:
        limit.attempt()
    assert 60 <= refused.value.wait <= 63


def test_an_attempt_does_not_shorten_the_time_of_a_known_client(limit):
    limit.mark_known(30 * 24 * HOUR)

    limit.attempt()

    assert Attempts.objects.get().expires_at > timezone.now() + 29 * 24 * HOUR
