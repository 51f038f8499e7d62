"""Problem details (RFC 9457): the format of every error under `/api`."""

import logging
import sys
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, cast

from django.db import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
)
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import Truncator
from django.views import defaults
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, NotAuthenticated, ValidationError
from rest_framework.response import Response
from rest_framework.utils.serializer_helpers import ReturnDict
from rest_framework.views import exception_handler as drf_exception_handler

from .constraints import is_conflict
from .renderers import FastJSONRenderer

MEDIA_TYPE = "application/problem+json"
DETAIL_LIMIT = 500  # characters of each error

# The database refuses connections, is down, or was down since a persistent connection was opened;
# it is a read-only standby; or a pooler closed the connection with an error.
UNAVAILABLE = (InterfaceError, InternalError, OperationalError)
# A table has changed since a statement was prepared. The backend closes the connection.
STALE_PLAN = "0A000"

NOT_BEARER = "The header must be `Authorization: Bearer` followed by an access token."

logger = logging.getLogger(__name__)


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = "The request conflicts with stored data."
    members: dict[str, Any] = {}  # added to the members of every problem


class DatabaseUnavailable(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "database_unavailable"
    default_detail = "The database is temporarily unavailable. Try again shortly."
    wait = 2  # seconds, sent as `Retry-After`


class Busy(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "busy"
    default_detail = "The server is busy with other requests of this kind. Try again shortly."
    wait = 2  # seconds, sent as `Retry-After`


class UnstorableValue(APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "bad_request"
    default_detail = "The database cannot store one of the sent values."


def translate(error: BaseException | None) -> BaseException | None:
    """The API exception for a database error; any other error unchanged."""
    if isinstance(error, IntegrityError) and is_conflict(error):
        return Conflict()
    if isinstance(error, DataError):
        return UnstorableValue()
    if isinstance(error, UNAVAILABLE) or has_stale_plan(error):
        logger.warning("Database error: %s", error)
        return DatabaseUnavailable()
    return error


def has_stale_plan(error: BaseException | None) -> bool:
    return (
        isinstance(error, NotSupportedError)
        and getattr(error.__cause__, "sqlstate", None) == STALE_PLAN
    )


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler, with the response body turned into a problem."""
    error = cast(Exception, translate(error))
    if isinstance(error, NotAuthenticated) and "Authorization" in context["request"].headers:
        error.detail = ErrorDetail(NOT_BEARER, error.default_code)
    response = drf_exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        response.data = validation_problem(error)
    else:
        response.data = error_problem(error, response)
    renderer = getattr(context["request"], "accepted_renderer", None)
    if renderer is None or renderer.format == "json":
        response.content_type = MEDIA_TYPE
    return response


def problem(code: int, slug: str, detail: str) -> dict[str, Any]:
    """The members of a problem. `code` is the HTTP status, `slug` is for programs."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(code).phrase,
        "status": code,
        "code": slug,
        "detail": detail,
    }


def error_problem(error: Exception, response: Response) -> dict[str, Any]:
    """SimpleJWT gives a dictionary with text and code, DRF gives a text with a code."""
    detail: Any = error.detail if isinstance(error, APIException) else response.data["detail"]
    if isinstance(detail, dict):
        return problem(response.status_code, str(detail["code"]), str(detail["detail"]))
    body = problem(response.status_code, detail.code, str(detail))
    return body | getattr(error, "members", {})


def validation_problem(error: ValidationError) -> dict[str, Any]:
    errors = list(flatten(error.detail))
    detail = " ".join(f"{e['field']}: {e['detail']}" if e["field"] else e["detail"] for e in errors)
    body = problem(error.status_code, "validation_error", detail) | {"errors": errors}
    # With the serializer, the browsable API shows the errors beside the form's fields.
    if serializer := getattr(error.detail, "serializer", None):
        return ReturnDict(body, serializer=serializer)
    return body


def invalid(field: str, message: str, code: str = "invalid") -> ValidationError:
    """The error of one member or parameter."""
    return ValidationError({field: [ErrorDetail(message, code)]})


def flatten(detail: Any, field: str | None = None) -> Iterator[dict[str, Any]]:
    """A `{"field", "code", "detail"}` for each message. A nested field is a dotted path."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            path = [field, None if name == "non_field_errors" else str(name)]
            yield from flatten(inner, ".".join(filter(None, path)) or None)
    elif isinstance(detail, list):
        for inner in detail:
            yield from flatten(inner, field)
    else:
        # Some messages repeat a sent value, such as an invalid choice.
        text = Truncator(str(detail)).chars(DETAIL_LIMIT)
        yield {"field": field, "code": detail.code, "detail": text}


def problem_response(code: int, slug: str, detail: str) -> HttpResponse:
    """A problem for an error outside a view."""
    body = FastJSONRenderer().render(problem(code, slug, detail))
    return HttpResponse(body, status=code, content_type=MEDIA_TYPE)


def is_api(request: HttpRequest) -> bool:
    return f"{request.path}/".startswith("/api/")


def wants_page(request: HttpRequest) -> bool:
    """Whether an error outside a view is a page. Under `/api`, programs get a problem."""
    types = ["application/json", "text/html"]
    return not is_api(request) or request.get_preferred_type(types) == "text/html"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler400`: suspicious requests, such as an unknown host or too many parameters."""
    if is_api(request):
        return problem_response(400, "bad_request", "The request is malformed.")
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler404`"""
    if wants_page(request):
        return render(None, "404.html", status=404)
    return problem_response(404, "not_found", "Not found.")


def server_error(request: HttpRequest) -> HttpResponse:
    """`handler500`: errors outside views, such as in middleware. Hides internal details."""
    error = translate(sys.exception())
    if not isinstance(error, APIException):
        error = APIException()
    wait = getattr(error, "wait", None)
    if not wants_page(request):
        response = problem_response(error.status_code, error.default_code, str(error.detail))
    elif error.status_code == status.HTTP_503_SERVICE_UNAVAILABLE:
        context = {"detail": "The database is not available.", "wait": wait, "path": request.path}
        response = render(None, "503.html", context, status=503)  # no request, so no queries
    else:
        return defaults.server_error(request)
    if wait:
        response["Retry-After"] = str(wait)
    return response
