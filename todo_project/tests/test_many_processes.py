"""Limits on guessing hold across processes."""

import json
import time
import urllib.error
import urllib.request


def test_of_forty_parallel_guesses_ten_reach_the_hash(serving, at_once):
    with serving(WORKERS="4", THREADS="2") as server:
        answers = at_once(40, lambda _: guess_until_answered(server))

    statuses = [status for status, _ in answers]
    assert statuses.count(401) == 10
    assert statuses.count(429) == 30
    assert all(1 <= int(wait) <= 60 for status, wait in answers if status == 429)


def guess_until_answered(server):
    """Comes back as long as the server is busy with the other guesses, which counts for nothing."""
    while (answer := guess(server))[0] == 503:
        time.sleep(0.1)
    return answer


def guess(server):
    body = json.dumps({"email": "ann@example.com", "password": "wrong"}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server}/api/auth/login", body, headers)
    try:
        return urllib.request.urlopen(request, timeout=30).status, None
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, error.headers["Retry-After"]
