from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from .bulk import BulkViewSet
from .repeat_views import OccurrencesViewSet, PreviewView
from .tag_views import TagViewSet
from .trash import TrashViewSet
from .views import TaskViewSet

router = SimpleRouter(trailing_slash=False)
router.register("tasks", TaskViewSet)

ID = TrashViewSet.lookup_value_regex
all_trash = TrashViewSet.as_view({"get": "list", "delete": "empty"}, detail=False)
one_of_trash = TrashViewSet.as_view({"delete": "destroy"}, detail=True)

completed = OccurrencesViewSet.as_view({"get": "completions"}, detail=True)
coming = OccurrencesViewSet.as_view({"get": "next"}, detail=True)

one_tag = TagViewSet.as_view({"patch": "partial_update", "delete": "destroy"}, detail=True)

urlpatterns = [
    *router.urls,
    path("tasks/bulk", BulkViewSet.as_view({"post": "bulk"}, detail=False), name="task-bulk"),
    path("tasks/preview", PreviewView.as_view(), name="task-preview"),
    re_path(f"^tasks/(?P<pk>{ID})/completions$", completed, name="task-completions"),
    re_path(f"^tasks/(?P<pk>{ID})/next$", coming, name="task-next"),
    path("tags", TagViewSet.as_view({"get": "list"}, detail=False), name="tag-list"),
    re_path("^tags/(?P<name>.*[^/])$", one_tag, name="tag-detail"),
    path("trash", all_trash, name="trash-list"),
    re_path(
        f"^trash/(?P<pk>{TrashViewSet.lookup_value_regex})$", one_of_trash, name="trash-detail"
    ),
]
