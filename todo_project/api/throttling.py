from time import monotonic
from typing import Any

from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle


class UserThrottle(UserRateThrottle):
    """DRF's throttle with one counter per period instead of a list of all calls.

    Not a security limit: with the local memory cache each process counts separately, and while
    Redis is down nothing is counted. After an error Redis is not called for `PAUSE` seconds,
    because every request would wait for a server that hangs.
    """

    duration: int
    num_requests: int
    PAUSE = 5  # seconds
    resume_at = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        if self.rate is None or not self.applies_to(request) or monotonic() < self.resume_at:
            return True
        now = self.timer()
        self.rest: float = self.duration - now % self.duration
        try:
            return self.count(f"{self.get_cache_key(request, view)}_{now // self.duration}")
        except RedisError:
            UserThrottle.resume_at = monotonic() + self.PAUSE
            return True

    def applies_to(self, request: Request) -> bool:
        return bool(request.user.is_authenticated)

    def count(self, key: str) -> bool:
        """Count a call. True if the count is within the limit."""
        for _ in range(2):  # again if another call has just added the key
            try:
                return bool(self.cache.incr(key) <= self.num_requests)
            except ValueError:  # no such key
                if self.cache.add(key, 1, timeout=2 * self.duration):
                    return True
        return True  # the key was evicted each time

    def wait(self) -> float:
        return self.rest
