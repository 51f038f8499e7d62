from time import monotonic
from typing import Any

from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle


class UserThrottle(UserRateThrottle):
    """DRF's throttle, with a counter for each stretch of time in place of a list of all calls.

    A courtesy, not a protection: with the local memory cache each process counts for itself, and
    while Redis is away nobody counts. A server that hangs is asked again only after a pause, as
    each call would wait for it.
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
        """One more call; whether it is within the limit."""
        if self.cache.add(key, 1, timeout=2 * self.duration):
            return True
        try:
            return bool(self.cache.incr(key) <= self.num_requests)
        except ValueError:  # evicted between the two
            return True

    def wait(self) -> float:
        return self.rest
