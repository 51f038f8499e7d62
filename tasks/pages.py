"""What the pages of tasks show besides the response: rows, tabs, filters and choices.

Each page takes the same number of queries, however many tasks it shows.
"""

from datetime import datetime
from itertools import islice
from types import SimpleNamespace
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from todo_project.api.filters import OwnedFilterBackend
from todo_project.api.prepared import values_given
from todo_project.api.room import ROWS, find_room, measure
from todo_project.api.versions import compare, find_conflict
from todo_project.api.viewsets import owned
from todo_project.templatetags.forms import offer

from .choices import make_selects, offer_projects, weigh
from .completions import make_series
from .details import MARKUP
from .due_text import describe_day
from .filters import CallersClock, CountFilter
from .models import Task
from .rows import describe_instant, make_rows
from .subtasks import DEEPEST

COMING = 5  # dates of a task that repeats
MOST = 100  # subtasks, and the largest count of the trash
# The tabs: a label, the parameters of the list, the key of the count in the summary.
TABS = [
    ("All", {}, "total"),
    ("Pending", {"status": "pending"}, "pending"),
    ("Today", {"due": "today"}, "due_today"),
    ("Overdue", {"due": "overdue"}, "overdue"),
    ("Completed", {"status": "completed"}, "completed"),
]
FOLDED = ["project", "tag", "priority", "due_after", "due_before"]  # in the form of filters
BARE = {"status": "", "due": ""}
FORM = 10_000  # bytes of the form and the beginning of the description on the page of a task
TRASH_MARKUP = 340  # bytes of a row besides its title
UNFILTERED = ["page_size", "cursor", "sort"]
LIVE = Task.objects.live()


def list_context(view: Any, data: Any) -> dict[str, Any]:
    """For the list, and for what was wrong with a new task or with a filter."""
    user, tasks = view.request.user, getattr(getattr(data, "serializer", None), "instance", None)
    listed, query = isinstance(tasks, list), view.request.query_params
    valid = query if listed else QueryDict()
    projects = offer_projects(user)
    selects = make_selects(user, query, projects)
    rows = None
    if isinstance(tasks, list):
        rows = make_rows(user, tasks, projects, find_room(len(tasks), MARKUP, weigh(selects)))
    return {
        "description": "",
        "rows": rows,
        "tabs": make_tabs(user, valid, view.request.path),
        "filtered": any(value for name, value in query.items() if name not in UNFILTERED),
        "projects": offer(projects.values()),
        "selects": selects,
        "chosen": any(query.get(name) for name in FOLDED) or (not listed and bool(query)),
        "query": query,
        "first_page": write_url(query, {"cursor": ""}),
    }


def trash_context(view: Any, data: Any) -> dict[str, Any]:
    user = view.request.user
    tabs = make_tabs(user, QueryDict(), view.request.path)
    tasks = data.serializer.instance
    rows = make_rows(user, tasks, room=find_room(len(tasks), TRASH_MARKUP))
    return {"name": "Trash", "description": "", "rows": rows, "tabs": tabs}


def make_tabs(user: Any, query: QueryDict, path: str) -> list[dict[str, Any]]:
    """The tabs keep the other filters, and count with them."""
    kept = query.copy()
    for name in ("status", "due", "cursor", "page_size"):
        kept.pop(name, None)
    counts, active = count(user, kept), {name: query.get(name, "") for name in ("status", "due")}
    in_trash = Task.objects.trashed().for_user(user)[: MOST + 1].count()
    tabs = [
        {
            "label": label,
            "url": write_url(kept, values),
            "count": counts[key],
            "active": path == reverse("task-list") and active == {**BARE, **values},
        }
        for label, values, key in TABS
    ]
    trash = reverse("trash-list")
    shown = f"{MOST}+" if in_trash > MOST else in_trash
    return [*tabs, {"label": "Trash", "url": trash, "count": shown, "active": path == trash}]


def write_url(kept: QueryDict, values: dict[str, str]) -> str:
    query = kept.copy()
    for name, value in values.items():
        query.setlist(name, [value] if value else [])
    text = query.urlencode()
    return f"{reverse('task-list')}?{text}" if text else reverse("task-list")


def count(user: Any, query: QueryDict) -> dict[str, int]:
    """The summary of the tasks with these filters, which are valid."""
    now = user.local_time(timezone.now())
    clock = {"today": now.date(), "time": now.time(), "zone": user.timezone}
    view = SimpleNamespace(
        action="list",
        filtered_actions=["list"],
        filterset_class=CountFilter,
        parameters={"caller": user.pk, **clock},
    )
    request: Any = SimpleNamespace(user=user, query_params=query)
    tasks = OwnedFilterBackend().filter_queryset(request, owned(LIVE, False), view)
    with values_given(view.parameters):
        counts: dict[str, int] = tasks.summary(CallersClock())
    return counts


def detail_context(view: Any, data: Any) -> dict[str, Any]:
    """For a task, for what was wrong with an edit, and for an edit of an outdated page."""
    task, conflict = getattr(getattr(data, "serializer", None), "instance", None), {}
    if stored := find_conflict(view):
        task, conflict = stored, compare(view, stored)
    if task is None:
        return {"description": ""}
    user, now = view.request.user, view.request.user.local_time(timezone.now())
    subtasks = Task.objects.live().for_user(user).filter(parent=task.pk)
    related = [task, *subtasks.order_by("position", "id")[:MOST]]
    room = find_room(len(related), MARKUP, FORM + measure(task.description))
    row, *below = make_rows(user, related, room=room)
    row = row._replace(room=ROWS)  # shows all
    parent = Task.objects.for_user(user).filter(pk=task.parent_id).first()
    return {
        "description": "",
        "name": str(task),
        "row": row,
        "tags": task.tags,
        "below": below,
        "parent": parent,
        "may_have_subtasks": task.depth < DEEPEST,
        "coming": list_coming(task, now),
        "completed_at": describe_instant(task.completed_at, user),
        **conflict,
    }


def list_coming(task: Task, now: datetime) -> list[str]:
    if not task.repeat or task.completed:
        return []
    days = islice(make_series(task, {}).coming(now.date()), COMING)
    return [describe_day(day, now.date()) for day in days]
