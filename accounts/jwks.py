"""The public keys that somebody signs tokens with: a JWK Set (RFC 7517), read now and then.

PyJWT's own client bounds neither the answer nor the time that it takes in drops, does not pause
after a failure, and while it reads makes those wait who need no new key.
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

# Asymmetric alone: with HS256 a public key would do to sign.
FAMILIES, SIZES = ("ES", "PS", "RS"), (256, 384, 512)
ALGORITHMS = {"EdDSA", *(f"{family}{size}" for family in FAMILIES for size in SIZES)}

TIMEOUT = 3  # seconds that whoever begins a read waits for it
PATIENCE = 0.5  # seconds that others do, or one slow answer would hold every thread up
MAX_SIZE = 2**18  # bytes
CACHE_TIME = 60  # seconds until the keys are read again, and between two vain reads
KEPT = 3600  # seconds that they are good for while they cannot be read
PAUSE = 5  # seconds after a failure

# What comes of a JWK Set, or a key, that is none.
MALFORMED = (AttributeError, LookupError, PyJWTError, TypeError, UnsupportedAlgorithm, ValueError)
FAILURES = (http.client.HTTPException, OSError, RecursionError, *MALFORMED)


class KeysUnavailable(APIException):
    status_code = 503
    default_code = "keys_unavailable"
    default_detail = "The keys of the sign-in cannot be read now. Try again shortly."

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait  # seconds, sent as `Retry-After`


class Keys:
    """The keys at a URL, by their id, for all threads of a process.

    An id that is not among them is looked for once in the cache time, so tokens that are made up
    cause no more reads than that, and a new key is found by its first token or, after one that was
    made up, when that time is over.
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
        """Raises `KeysUnavailable` when nobody can tell whether there is such a key."""
        if self.wait(key_id) <= 0:
            self.refresh(key_id)
        if self.has(key_id):
            return self.keys.get(key_id)
        if key_id == self.missed:
            return None
        raise KeysUnavailable(max(1, ceil(self.wait(key_id))))

    def has(self, key_id: str) -> bool:
        return key_id in self.keys and monotonic() - self.read_at < KEPT

    def wait(self, key_id: str) -> float:
        """Seconds until the keys may be read for this one."""
        last = self.read_at if key_id in self.keys else self.missed_at
        return max(last + CACHE_TIME, self.resume_at) - monotonic()

    def refresh(self, key_id: str) -> None:
        """Have a thread read the keys: it may take longer than anybody waits.

        No timeout of Python's bounds the look-up of a name, or headers that come in drops.
        """
        with self.lock:
            first = self.wait(key_id) <= 0 and not self.reader.is_alive()
            if first:
                self.reader = Thread(target=self.read, args=[key_id], daemon=True)
                self.reader.start()
                self.late_at = monotonic() + TIMEOUT
        # Who has the key need not wait for others' reads, nor would after a failure, in vain.
        if first or not (self.failed or self.has(key_id)):
            rest = self.late_at - monotonic()
            self.reader.join(rest if first else min(rest, PATIENCE))

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
    return sources.get(url) or sources.setdefault(url, Keys(url))  # the same one for all threads


class StayHere(HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        """To follow would be to believe whom a redirect names; it is an error instead."""


def fetch(url: str) -> dict[str, PyJWK]:
    """Raises one of `FAILURES`."""
    deadline, body = monotonic() + TIMEOUT, b""
    opener = build_opener(StayHere)
    opener.addheaders = [("User-Agent", "todo-api")]  # some firewalls refuse that of Python
    with opener.open(url, timeout=TIMEOUT) as response:
        while chunk := response.read1(2**16):
            body += chunk
            if len(body) > MAX_SIZE:
                raise ValueError(f"more than {MAX_SIZE} bytes")
            if monotonic() > deadline:  # sent in drops, each of them in time
                raise TimeoutError("timed out")
    keys = {str(key.key_id): key for key in usable(json.loads(body)["keys"])}
    if not keys:
        raise ValueError("no keys")
    return keys


def usable(members: list[Any]) -> Iterator[PyJWK]:
    """Those for signatures, of known kinds; some others would make PyJWT's `PyJWKSet` fail."""
    for member in members:
        with suppress(*MALFORMED):
            key = PyJWK(member)
            signs = key.public_key_use in (None, "sig") and key.algorithm_name in ALGORITHMS
            if signs and isinstance(key.key_id, str):
                yield key
