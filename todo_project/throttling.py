from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle


class UserThrottle(UserRateThrottle):
    """DRF's throttle, with a counter for each stretch of time in place of a list of all calls.

    A courtesy, not a protection: with the local memory cache each process counts for itself.
    """

    duration: int
    num_requests: int

    def allow_request(self, request: Request, view: Any) -> bool:
        if self.rate is None or not request.user.is_authenticated:
            return True
        now = self.timer()
        self.rest: float = self.duration - now % self.duration
        key = f"{self.get_cache_key(request, view)}_{now // self.duration}"
        self.cache.add(key, 0, timeout=2 * self.duration)
        try:
            return bool(self.cache.incr(key) <= self.num_requests)
        except ValueError:  # evicted between the two
            return True

    def wait(self) -> float:
        return self.rest
