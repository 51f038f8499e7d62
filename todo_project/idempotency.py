"""`Idempotency-Key`: a POST that is sent again makes nothing twice."""

import hashlib
import re
from typing import Any

import orjson
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.request import Request


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key came with another body before."


def idempotency(request: Request) -> dict[str, str]:
    """The key of a request and a digest of its body, to be stored; nothing without a key.

    Two bodies are the same when their members are, in whatever order and spacing.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return {}
    if not re.fullmatch("[!-~]{1,255}", key):
        error = ErrorDetail("Must be 1 to 255 visible ASCII characters.", "invalid")
        raise ValidationError({"Idempotency-Key": [error]})
    body: Any = orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)
    return {"idempotency_key": key, "idempotency_digest": hashlib.sha256(body).hexdigest()}
