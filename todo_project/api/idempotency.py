"""`Idempotency-Key`: a POST that is sent again makes nothing twice, while what it made is there."""

import hashlib
import re
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key came with another body before."


class IdempotentCreateMixin:
    """For an `OwnedViewSet` of a model with `idempotency_key`, unique for an owner, and
    `idempotency_digest`.

    `perform_create` stores `self.idempotency` with the object, so the database decides which of
    parallel requests makes it, and there is no table of keys to be cleaned.
    """

    idempotency: dict[str, str] = {}

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        view: Any = super()
        self.idempotency = read_key(request)
        if not self.idempotency:
            return view.create(request, *args, **kwargs)
        # A key that is known answers before the body is judged, which may since be judged anew.
        if replay := self.replay():
            return replay
        try:
            with transaction.atomic():
                return view.create(request, *args, **kwargs)
        except IntegrityError:
            if replay := self.replay():
                return replay
            raise

    def replay(self) -> Response | None:
        view: Any = self
        made = view.find(idempotency_key=self.idempotency["idempotency_key"])
        if made is None:
            return None
        if made.idempotency_digest != self.idempotency["idempotency_digest"]:
            raise KeyReused()
        data = view.get_serializer(made).data
        headers = {**view.get_success_headers(data), "Idempotent-Replayed": "true"}
        return Response(data, status.HTTP_201_CREATED, headers=headers)


def read_key(request: Request) -> dict[str, str]:
    """The key of a request and a digest of its body; nothing without a key.

    Two bodies are the same when their members are, in whatever order and spacing.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return {}
    if not re.fullmatch("[!-~]{1,255}", key):
        error = ErrorDetail("Must be 1 to 255 visible ASCII characters.", "invalid")
        raise ValidationError({"Idempotency-Key": [error]})
    body = orjson.dumps(request.data, default=str, option=orjson.OPT_SORT_KEYS)
    return {"idempotency_key": key, "idempotency_digest": hashlib.sha256(body).hexdigest()}
