from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.http import parse_header_parameters
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.utils.mediatypes import media_type_matches, order_by_precedence

CACHED_LENGTH = 500  # the most characters of a header whose result is cached


class Offer(NamedTuple):
    media_type: str


class QualityNegotiation(DefaultContentNegotiation):
    """DRF's content negotiation with the quality values of RFC 9110, section 12.5.1.

    A renderer has the quality of the most specific media range that matches it; 0 excludes it.
    Among equal qualities the more specific range wins, then the first renderer.
    """

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        offers = tuple(Offer(renderer.media_type) for renderer in renderers)
        accept = request.META.get("HTTP_ACCEPT", "")
        choose = negotiate if len(accept) <= CACHED_LENGTH else self.select
        place, media_type = choose(accept, offers)
        return renderers[place], media_type

    def select(self, accept: str, offers: Sequence[Offer]) -> tuple[int, str]:
        request = HttpRequest()
        request.META["HTTP_ACCEPT"] = accept
        accepted = order_by_precedence(self.get_accept_list(request))
        ranks = [rank(offer.media_type, accepted) for offer in offers]
        best = max(ranks)
        if best[0] == 0:
            raise NotAcceptable()
        place = ranks.index(best)
        offered: Any = [offers[place]]
        _, media_type = super().select_renderer(Request(request), offered)
        return place, media_type

    def get_accept_list(self, request: Any) -> list[str]:
        """The media ranges of `Accept`. Ignores an empty header (RFC 9110, section 5.6.1)."""
        if not request.META.get("HTTP_ACCEPT", "").strip(", \t"):
            return ["*/*"]
        ranges: list[str] = super().get_accept_list(request)
        return ranges


@lru_cache(256)
def negotiate(accept: str, offers: Sequence[Offer]) -> tuple[int, str]:
    """The place of the offer to send, and its media type."""
    return QualityNegotiation().select(accept, offers)


def rank(media_type: str, accepted: Sequence[set[str]]) -> tuple[float, int]:
    """A sort key: the quality of a media type and how specific its range is; (0, 0) if excluded."""
    for position, ranges in enumerate(accepted):
        if matching := [one for one in ranges if media_type_matches(media_type, one)]:
            return max(map(quality, matching)), -position
    return 0, 0


def quality(media_range: str) -> float:
    """The value of `q`; 1 if it is missing or not a number from 0 to 1."""
    try:
        value = float(parse_header_parameters(media_range)[1].get("q", 1))
    except ValueError:
        return 1
    return value if 0 <= value <= 1 else 1
