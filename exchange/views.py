"""Taking tasks away and bringing them along: calendar feed, export and import."""

from collections.abc import Iterable
from tempfile import SpooledTemporaryFile
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.credentials import digest
from accounts.models import User
from accounts.requests import AuthenticatedRequest
from todo_project import __version__
from todo_project.api.form_pages import FormPageView
from todo_project.api.parsers import SessionMultiPartParser
from todo_project.api.problems import problem_response
from todo_project.api.query_parameters import StrictQueryMixin

from .calendars import MAKERS, write_calendar
from .documents import write_document
from .drafts import File
from .files import CalendarParser, CSVParser, DocumentParser, read_named
from .importer import load
from .models import CalendarFeed
from .schema import end_address, export_document, import_file, make_address
from .serializers import CalendarSerializer, ImportSerializer

IN_MEMORY = 2**20  # bytes; a larger file is on disk while it is sent


class CalendarView(StrictQueryMixin, FormPageView):
    """The address at which calendar programs read the caller's tasks, without signing in."""

    name = "Calendar"
    access_scope = "tasks"
    page_template, button = "exchange/calendar.html", "Make an address"
    serializer_class = CalendarSerializer

    def page_context(self, data: Any) -> dict[str, Any]:
        feed = CalendarFeed.objects.filter(owner=self.request.user.pk).first()
        return {"feed": feed} if feed else {"feed": None, "delete_form": None}

    @make_address
    def post(self, request: AuthenticatedRequest) -> Response:
        """Makes a new address, in place of an earlier one. It is shown this once."""
        secret = CalendarFeed.replace(request.user.pk)
        return Response({"url": reverse("calendar", [secret], request=request)}, 201)

    @end_address
    def delete(self, request: AuthenticatedRequest) -> Response:
        CalendarFeed.objects.filter(owner=request.user).delete()
        return Response(status=204)


@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar at a secret address. An unchanged one is a 304 after one query."""
    kind = request.GET.get("as", "event")
    if kind not in MAKERS:
        return problem_response(400, "invalid", f"as must be one of: {', '.join(MAKERS)}.")
    feeds = CalendarFeed.objects.select_related("owner")
    feed = feeds.filter(digest=digest(secret), owner__is_active=True).first()
    if feed is None:
        raise Http404
    etag = calendar_tag(feed.owner, kind)
    response: Any = get_conditional_response(request, etag)
    if response is None:
        response = as_file(write_calendar(feed.owner, kind))
        response["Content-Type"] = "text/calendar; charset=utf-8"
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=300"
    return response  # type: ignore[no-any-return]  # Django has no stub that fits


def calendar_tag(user: User, kind: str) -> str:
    """What the calendar depends on. Another release may write another one."""
    state = user.pk, user.sync_epoch, user.revision, user.timezone, kind, __version__
    return f'"{digest(repr(state))[:32]}"'


class ExportView(StrictQueryMixin, GenericAPIView[Any]):
    """Everything of the caller's as one JSON document.

    It has the profile, projects, tasks and the trash. `POST /api/import` accepts it.
    """

    access_scope = "tasks"

    @export_document
    def get(self, request: AuthenticatedRequest) -> HttpResponse | FileResponse:
        response = as_file(write_document(request.user))
        response["Content-Type"] = "application/json"
        name = f"todo-{timezone.now():%Y-%m-%d}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class ImportView(StrictQueryMixin, FormPageView):
    """Makes the tasks and projects of a file, all of them or none.

    Accepts the document of `GET /api/export` (JSON), a project that Todoist has exported (CSV) and
    iCalendar with to-dos. The same file again makes nothing. `warnings` lists what could not be
    imported, with its line.
    """

    name = "Import"
    access_scope = "tasks"
    page_template, button = "exchange/import.html", "Import"
    serializer_class = ImportSerializer
    parser_classes = (DocumentParser, CSVParser, CalendarParser, SessionMultiPartParser)

    @import_file
    def post(self, request: Request) -> Response:
        file: Any = request.data
        if not isinstance(file, File):
            serializer = self.get_serializer(data=file)
            serializer.is_valid(raise_exception=True)
            upload = serializer.validated_data["file"]
            file = read_named(upload.name, upload)
        return Response(load(self.request.user, file), 201)


def as_file(parts: Iterable[bytes]) -> HttpResponse | FileResponse:
    """Writes the file first: a slow client must not hold a connection to the database."""
    file: Any = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (the response closes it)
    for part in parts:
        file.write(part)
    size = file.tell()
    file.seek(0)
    if size > IN_MEMORY:
        return FileResponse(file, headers={"Content-Length": str(size)})
    with file:
        return HttpResponse(file.read(), headers={"Content-Length": str(size)})
