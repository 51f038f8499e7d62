"""`Idempotency-Key`: a repeated POST changes nothing and gets the first response again."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from .problems import invalid
from .renderers import FastJSONRenderer


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was already used with a different body."


def idempotent(handler: Callable[..., Response]) -> Callable[..., Response]:
    """Decorates a POST handler of an `OwnedViewSet`: stores each response with its key.

    With a key the handler runs under the lock on the caller's row, so the second of two parallel
    requests finds the response of the first. A response to an exception is not stored.
    """

    @wraps(handler)
    def answer(view: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        key = read_key(request)
        if key is None:
            return handler(view, request, *args, **kwargs)
        view.writing.need_locks()
        keys, digest = request.user.idempotency_keys, digest_of(request)
        # Look up the key before validation: the same body may have become invalid since.
        if known := keys.filter(key=key).first():
            return replay(known, digest)
        response = handler(view, request, *args, **kwargs)
        body, headers = FastJSONRenderer().render(response.data).decode(), headers_of(response)
        keys.create(key=key, digest=digest, status=response.status_code, body=body, headers=headers)
        return response

    refused: Any = answer
    refused.refusals = (409, 422)  # for the OpenAPI document
    return answer


def replay(known: Any, digest: str) -> Response:
    if known.digest != digest:
        raise KeyReused()
    return Response(
        orjson.loads(known.body),
        known.status,
        headers={**known.headers, "Idempotent-Replayed": "true"},
    )


def headers_of(response: Response) -> dict[str, str]:
    instance: Any = getattr(getattr(response.data, "serializer", None), "instance", None)
    etag = {"ETag": instance.etag} if hasattr(instance, "etag") else {}
    return {**dict(response.items()), **etag}


def read_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch("[!-~]{1,255}", key):
        raise invalid("Idempotency-Key", "Must be 1 to 255 visible ASCII characters.")
    return key


def digest_of(request: Request) -> str:
    """A digest of path and members. The order and spacing of the members do not change it."""
    body = orjson.dumps(request.data, default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(request.path.encode() + b" " + body).hexdigest()
