"""Forms of the browsable API that work without script.

A form of a browser can only GET and POST, and it shows what the POST answers. DRF once took another
method from a field of the form and removed that in 3.3; its own pages have a script instead. Here
a form may have two hidden fields:

- `_method`: PUT, PATCH or DELETE. Only for a form that has a session and has passed the CSRF check:
  a request that another site can cause has neither, and JSON needs no such field.
- `next`: the path of the page to show after success. It leads to our own site, see `read_next()`.
  The response is then a redirect, so a reload of that page does not send the form again.

The page after the redirect shows a message, which may have a button that undoes the change. A page
that cannot save a form of our own site repeats its text.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import Truncator
from rest_framework import status
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request, is_form_media_type
from rest_framework.response import Response

METHODS = ("POST", "PUT", "PATCH", "DELETE")
LONGEST = 2_000  # characters of a path
LONGEST_ERROR = 200  # characters, because a cookie holds the message
# The most bytes of a request that a form repeats. Rendering takes many times this memory.
REPEATED = 200_000
UNREADABLE = (BadRequest, MultiPartParserError, OSError, SuspiciousOperation)
TEXTS = {"POST": "Done.", "PUT": "Saved.", "PATCH": "Saved.", "DELETE": "Deleted."}


class Message(NamedTuple):
    """What a page says after a form has succeeded.

    A message with an `undo` has a button: a form for the path `action` with the other fields.
    """

    text: str
    undo: Mapping[str, Any] = {}


class FormSessionAuthentication(SessionAuthentication):
    """DRF's, which checks CSRF. A form's `_method` then replaces the method of the request."""

    def authenticate(self, request: Request) -> Any:
        found = super().authenticate(request)
        if found and is_form(request):
            replace_method(request, request.POST.get("_method", "POST"))
        return found


def is_form(request: Request) -> bool:
    """True if a form was posted, whatever its `_method`."""
    posted = request._request.method == "POST"
    return posted and bool(is_form_media_type(request.content_type))


def replace_method(request: Request, method: str) -> None:
    if method not in METHODS:
        raise MethodNotAllowed(method[:20])
    view = (request.parser_context or {})["view"]
    request.method = method
    if hasattr(view, "action_map"):
        view.action = view.action_map.get(method.lower())


def read_next(request: Request) -> str | None:
    """The form's `next` if it is a path of this site."""
    by_session = isinstance(request.successful_authenticator, FormSessionAuthentication)
    # A refused form was not parsed, and parsing it would raise an exception.
    return own_path(request.POST.get("next", "")) if by_session and is_form(request) else None


def own_path(path: str) -> str | None:
    # `//host` and `/\host` are other hosts to browsers; Django's function knows.
    own = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return iri_to_uri(path) if own and len(path) <= LONGEST else None


def read_refused(request: Request) -> QueryDict:
    """The fields of a form that was not saved. Empty if another site may have sent it."""
    short = int(request.META.get("CONTENT_LENGTH") or 0) <= REPEATED
    if short and is_form(request) and is_same_origin(request):
        with suppress(*UNREADABLE):
            return request._request.POST
    return QueryDict()


def is_same_origin(request: Request) -> bool:
    """By the headers that a browser sends with a form. Older ones send `Origin` alone."""
    site = request.headers.get("Sec-Fetch-Site")
    own = f"{request._request.scheme}://{request._request.get_host()}"
    return site == "same-origin" if site else request.headers.get("Origin") == own


def redirect(view: Any, request: Request, response: Response) -> bool:
    """Turns the response to a form with a `next` into a redirect with a message.

    To a refused form only if the page of the view has no form to correct.
    """
    path = read_next(request)
    if path is None:
        return False
    if status.is_success(response.status_code):
        text, undo = find_message(view, request, response)
        messages.success(request._request, text, extra_tags=urlencode(undo, doseq=True))
    elif response.status_code in (400, 404, 409, 412) and getattr(view, "formless", False):
        messages.error(request._request, find_error(response.data))
    else:
        return False
    response.status_code = status.HTTP_303_SEE_OTHER
    response["Location"] = path
    return True


def find_message(view: Any, request: Request, response: Response) -> Message:
    """The view's own message, if it has one. A view that has replayed a response did nothing."""
    asked = hasattr(view, "form_message") and "Idempotent-Replayed" not in response
    own = view.form_message(response.data) if asked else None
    return own or Message(TEXTS[str(request.method)])


def find_error(problem: Mapping[str, Any]) -> str:
    """The first error of a problem."""
    first = (problem.get("errors") or [problem])[0]
    return Truncator(first["detail"]).chars(LONGEST_ERROR)


def read_undo(tags: str) -> dict[str, Any]:
    """The action of the button in a message, and its fields as pairs."""
    action, *fields = parse_qsl(tags, keep_blank_values=True) or [("action", "")]
    return {"action": action[1], "fields": fields} if action[1] else {}
