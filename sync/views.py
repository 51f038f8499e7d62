from contextlib import nullcontext
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from todo_project.api.conditional_lists import StateTagMixin, make_state_tag
from todo_project.api.preconditions import matches
from todo_project.api.query_parameters import StrictQueryMixin
from todo_project.server.snapshots import snapshot

from .changes import COLLECTIONS, Page, check, read_page
from .serializers import SyncQuerySerializer, SyncSerializer
from .tokens import Position, read_token, write_token

PARAMETERS = dict.fromkeys(SyncQuerySerializer().fields, False)
# Part of the ETag, because another release may have other members.
FIELDS = [collection.serializer_class.Meta.fields for collection in COLLECTIONS]


class SyncView(StrictQueryMixin, StateTagMixin, GenericAPIView[Any]):
    """Read the changes since a token.

    Without `since`, reads all objects. Repeat with `next` as `since` while `has_more` is true, and
    later to read new changes. A row that changes is sent again. Delete your copies of the rows in
    `deleted`. After a 410, start again without `since`.
    """

    access_scope = "tasks"
    refusals = (410,)
    serializer_class = SyncSerializer

    def get_query_parameters(self) -> dict[str, bool]:
        return PARAMETERS

    @extend_schema(summary="Read changes", parameters=[SyncQuerySerializer])
    def get(self, request: Request) -> Response:
        query = SyncQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        user, since = self.request.user, query.validated_data.pop("since", None)
        position = read_token(user, since) if since else Position(0, 0, 0, user.revision)
        etag = make_state_tag(request, FIELDS)
        if matches(request.headers.get("If-None-Match", ""), etag):
            return Response(status=304, headers={"ETag": etag})
        answer = Response(self.read(position, **query.validated_data))
        if request.accepted_renderer.format == "json":
            answer["ETag"] = etag
        return answer

    def read(self, position: Position, limit: int, verify: bool) -> dict[str, Any]:
        with snapshot() if verify else nullcontext():
            user: User = self.request.user
            if verify:
                user = User.objects.get(pk=user.pk)
            page = read_page(user, position, limit)
            answer = {
                **self.represent(page),
                "deleted": page.deleted,
                "next": write_token(user, page.position),
                "has_more": page.has_more,
            }
            if verify and not page.has_more:
                answer["check"] = check(user)
        return answer

    def represent(self, page: Page) -> dict[str, Any]:
        context = self.get_serializer_context()
        return {
            collection.name: collection.serializer_class(
                page.live[collection.name], many=True, context=context
            ).data
            for collection in COLLECTIONS
        }
