"""`/api/tags`: the tags that the caller's tasks have."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.requests import AuthenticatedRequest
from todo_project.api.conditional_lists import StateTagMixin, make_state_tag
from todo_project.api.form_pages import FormPageView
from todo_project.api.forms import Message
from todo_project.api.ignored_members import IgnoredMembersMixin
from todo_project.api.preconditions import matches
from todo_project.api.problems import Conflict
from todo_project.api.query_parameters import StrictQueryMixin
from todo_project.api.room import ROWS, count_fitting, measure
from todo_project.api.viewsets import OwnedGenericViewSet

from .models import Task
from .schema import tag_schema
from .tag_counts import count_tags
from .tags import LONGEST, TagNameField, clean_name, make_key, make_keys, unite, without


class TagSerializer(serializers.Serializer[Any]):
    name = TagNameField(max_length=LONGEST)
    tasks = serializers.IntegerField(read_only=True, help_text="How many open tasks have it.")
    merge = serializers.BooleanField(
        required=False, write_only=True, help_text="Whether it may become one with another tag."
    )


SHOWN = 200  # tags in a page, or fewer if they are long
MARKUP = 190  # bytes of a row of it besides the name, which it has three times
FIELDS = [*TagSerializer().fields]  # another release may answer other members


@tag_schema
class TagViewSet(
    IgnoredMembersMixin, StrictQueryMixin, StateTagMixin, FormPageView, OwnedGenericViewSet
):
    """A tag is there while a task that is not in the trash has it."""

    access_scope = "tasks"
    queryset = Task.objects.all()
    serializer_class = TagSerializer
    pagination_class = None
    page, back = "tasks/tags.html", "tag-list"  # of the browsable API
    request: AuthenticatedRequest

    @property
    def form_initial(self) -> dict[str, str]:
        return {"name": self.kwargs["name"]} if self.detail else {}

    def page_context(self, data: Any) -> dict[str, Any]:
        tags = data if isinstance(data, list) else None
        name = f"#{self.kwargs['name']}" if self.detail else "Tags"
        sizes = [measure_row(tag["name"]) for tag in (tags or [])[:SHOWN]]
        shown = count_fitting(sizes, ROWS)
        more = len(tags or []) - shown
        return {"name": name, "description": "", "tags": tags and tags[:shown], "more": more}

    def form_message(self, data: Any) -> Message:
        old = self.kwargs["name"]
        return Message(f"#{old} is now #{data['name']}." if data else f"#{old} is deleted.")

    @property
    def refusals(self) -> tuple[int, ...]:
        return (409,) if self.action == "partial_update" else ()

    def get_query_parameters(self) -> dict[str, bool]:
        return {}

    def list(self, request: Request) -> Response:
        etag = make_state_tag(request, FIELDS)
        headers = {"ETag": etag} if request.accepted_renderer.format == "json" else {}
        if headers and matches(request.headers.get("If-None-Match", ""), etag):
            return Response(status=304, headers=headers)
        tags = count_tags(self.request.user.pk)
        return Response(self.get_serializer(tags, many=True).data, headers=headers)

    def partial_update(self, request: Request, name: str) -> Response:
        """Rename a tag on every task, those in the trash too."""
        old = read_name(name)
        serializer = self.get_serializer(data=request.data)
        sent = [serializer.validated_data["name"]] if serializer.is_valid() else []
        tasks = self.lock(old, *sent)
        self.get_spelling(old, tasks)  # a 404 comes before the errors of the body
        serializer.is_valid(raise_exception=True)
        (new,) = sent
        other = find_spelling(new, tasks)
        if other and make_key(old) != make_key(new):
            if not serializer.validated_data.get("merge"):
                raise Conflict(f"There is a tag {other!r}. Send `merge` to make one of both.")
            new = other
        for task in tasks:
            self.writing.update(task, tags=rename(task.tags, old, new))
        having = [task for task in tasks if find_spelling(new, [task])]
        return Response({"name": new, "tasks": sum(not task.completed for task in having)})

    def destroy(self, request: Request, name: str) -> Response:
        """Take a tag off every task, those in the trash too."""
        tag = read_name(name)
        tasks = self.lock(tag)
        self.get_spelling(tag, tasks)
        for task in tasks:
            self.writing.update(task, tags=without(task.tags, [tag]))
        return Response(status=204)

    def lock(self, *names: str) -> Sequence[Task]:
        """The caller's tasks that have any of these tags."""
        owner = self.request.user
        found = [Q(tag_keys__contains=[key]) for key in make_keys(owner.pk, names)]
        tasks = Task.objects.for_user(owner).filter(reduce(or_, found)).order_by("pk")
        return [*tasks.defer("description", "search_key").select_for_update(of=("self",))]

    def get_spelling(self, name: str, tasks: Iterable[Task]) -> str:
        spelling = find_spelling(name, tasks)
        if spelling is None:
            raise Http404
        return spelling


def measure_row(name: str) -> int:
    """The bytes of a tag in a page: two addresses and a text."""
    return MARKUP + 2 * len(quote(name)) + measure(name)


def read_name(text: str) -> str:
    try:
        return clean_name(text)
    except ValidationError:
        raise Http404 from None


def find_spelling(name: str, tasks: Iterable[Task]) -> str | None:
    """How the first of these tasks that is not in the trash spells a tag."""
    key = make_key(name)
    live = (tag for task in tasks if task.deleted_at is None for tag in task.tags)
    return next((tag for tag in live if make_key(tag) == key), None)


def rename(names: Iterable[str], old: str, new: str) -> list[str]:
    key = make_key(old)
    return unite(new if make_key(name) == key else name for name in names)
