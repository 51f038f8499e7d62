"""A cached client for a JWK Set (RFC 7517), which has the public keys of a token issuer.

PyJWT's client limits neither the size of the response nor the total time of a slow one. It does not
pause after a failure, and while it fetches, requests that need no new key wait too.
"""

import http.client
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from math import ceil
from threading import Lock, Thread
from time import monotonic
from typing import Any
from urllib.request import HTTPRedirectHandler, build_opener

from cryptography.exceptions import UnsupportedAlgorithm
from jwt import PyJWK, PyJWTError
from rest_framework.exceptions import APIException

logger = logging.getLogger(__name__)

# Asymmetric only: with HS256, anybody could sign with the public key.
FAMILIES, SIZES = ("ES", "PS", "RS"), (256, 384, 512)
ALGORITHMS = {"EdDSA", *(f"{family}{size}" for family in FAMILIES for size in SIZES)}

TIMEOUT = 3  # seconds; the request that starts a fetch waits this long
SHARED_TIMEOUT = 0.5  # seconds; other requests wait less, or one slow fetch would block all threads
MAX_SIZE = 2**18  # bytes
CACHE_TIME = 60  # seconds between two fetches, and after a fetch that did not find the key
STALE_TIME = 3600  # seconds; keys stay valid this long when they cannot be fetched
PAUSE = 5  # seconds after a failure

# Exceptions for a malformed JWK Set or key.
MALFORMED = (AttributeError, LookupError, PyJWTError, TypeError, UnsupportedAlgorithm, ValueError)
FAILURES = (http.client.HTTPException, OSError, RecursionError, *MALFORMED)


class KeysUnavailable(APIException):
    status_code = 503
    default_code = "keys_unavailable"
    default_detail = "The sign-in keys are not available. Try again shortly."

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait  # seconds, sent as `Retry-After`


class Keys:
    """The keys at a URL by id, shared by all threads of a process.

    An unknown id causes at most one fetch per `CACHE_TIME`, so forged tokens cannot cause more. A
    new key is found with its first token, or up to `CACHE_TIME` later if a forged id was first.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, PyJWK] = {}
        self.read_at = self.missed_at = float("-inf")
        self.resume_at = self.late_at = 0.0
        self.missed: str | None = None
        self.failed = False
        self.lock = Lock()
        self.reader = Thread()

    def get(self, key_id: str) -> PyJWK | None:
        """The key, or None. Raises `KeysUnavailable` if it is unknown whether the key exists."""
        if self.wait(key_id) <= 0:
            self.refresh(key_id)
        if self.has(key_id):
            return self.keys.get(key_id)
        if key_id == self.missed:
            return None
        raise KeysUnavailable(max(1, ceil(self.wait(key_id))))

    def has(self, key_id: str) -> bool:
        return key_id in self.keys and monotonic() - self.read_at < STALE_TIME

    def wait(self, key_id: str) -> float:
        """Seconds until a fetch for this key is allowed."""
        last = self.read_at if key_id in self.keys else self.missed_at
        return max(last + CACHE_TIME, self.resume_at) - monotonic()

    def refresh(self, key_id: str) -> None:
        """Fetches the keys in a thread, because a fetch can take longer than a request may wait.

        Python's timeouts do not limit a DNS lookup or headers that arrive slowly.
        """
        with self.lock:
            first = self.wait(key_id) <= 0 and not self.reader.is_alive()
            if first:
                self.reader = Thread(target=self.read, args=[key_id], daemon=True)
                self.reader.start()
                self.late_at = monotonic() + TIMEOUT
        # A request whose key is known need not wait, and after a failure waiting would not help.
        if first or not (self.failed or self.has(key_id)):
            rest = self.late_at - monotonic()
            self.reader.join(rest if first else min(rest, SHARED_TIMEOUT))

    def read(self, key_id: str) -> None:
        try:
            self.keys = fetch(self.url)
        except FAILURES as error:
            logger.warning("No keys from %s: %s", self.url, error)
            self.failed, self.missed, self.resume_at = True, None, monotonic() + PAUSE
            return
        self.failed, self.missed, self.read_at = False, None, monotonic()
        if key_id not in self.keys:
            self.missed, self.missed_at = key_id, self.read_at


sources: dict[str, Keys] = {}


def keys_at(url: str) -> Keys:
    return sources.get(url) or sources.setdefault(url, Keys(url))  # all threads get the same one


class NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        """Makes a redirect an error. Its target is not configured, so it cannot be trusted."""


def fetch(url: str) -> dict[str, PyJWK]:
    """Raises one of `FAILURES`."""
    deadline, body = monotonic() + TIMEOUT, b""
    opener = build_opener(NoRedirects)
    opener.addheaders = [("User-Agent", "todo-api")]  # some firewalls block Python's
    with opener.open(url, timeout=TIMEOUT) as response:
        while chunk := response.read1(2**16):
            body += chunk
            if len(body) > MAX_SIZE:
                raise ValueError(f"more than {MAX_SIZE} bytes")
            if monotonic() > deadline:  # each chunk was in time, but not the whole
                raise TimeoutError("timed out")
    keys = {str(key.key_id): key for key in usable(json.loads(body)["keys"])}
    if not keys:
        raise ValueError("no keys")
    return keys


def usable(members: list[Any]) -> Iterator[PyJWK]:
    """The signature keys with a known algorithm. Other keys can make `PyJWKSet` fail."""
    for member in members:
        with suppress(*MALFORMED):
            key = PyJWK(member)
            signs = key.public_key_use in (None, "sig") and key.algorithm_name in ALGORITHMS
            if signs and isinstance(key.key_id, str):
                yield key
