"""`Idempotency-Key`: a POST that is sent again changes nothing and has the first answer."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from .renderers import FastJSONRenderer


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key came with another body before."


def idempotent(handler: Callable[..., Response]) -> Callable[..., Response]:
    """For a handler of POST of an `OwnedViewSet`, whose answers it keeps with their keys.

    The handler runs under the lock on its caller, so the second of parallel requests finds the
    answer of the first. What is refused, by an exception, is not kept.
    """

    @wraps(handler)
    def answer(view: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        key = read_key(request)
        if key is None:
            return handler(view, request, *args, **kwargs)
        keys, digest = request.user.idempotency_keys, digest_of(request)
        # A key that is known answers before the body is judged, which may be refused by now.
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
        error = ErrorDetail("Must be 1 to 255 visible ASCII characters.", "invalid")
        raise ValidationError({"Idempotency-Key": [error]})
    return key


def digest_of(request: Request) -> str:
    """Two requests are the same when their members are, in whatever order and spacing."""
    body = orjson.dumps(request.data, default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(request.path.encode() + b" " + body).hexdigest()
