from django.conf import settings
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import (
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)
from rest_framework.authentication import SessionAuthentication

from exchange.views import calendar
from todo_project.api.documentation import SchemaView
from todo_project.server import probes
from todo_project.server.security_txt import security_txt

READ = ["get", "head"]  # without OPTIONS: these pages cannot display its response
docs = SpectacularSwaggerSplitView.as_view(
    http_method_names=READ,
    authentication_classes=[SessionAuthentication],
    throttle_classes=[],  # `PageLimitMiddleware` counts the calls of a user
)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="task-list")),
    path("api/auth/", include("accounts.urls")),
    path("api/", include("tasks.urls")),
    path("api/", include("projects.urls")),
    path("api/", include("sync.urls")),
    path("api/", include("exchange.urls")),
    path("calendar/<str:secret>.ics", calendar, name="calendar"),
    path("api-auth/", include("accounts.page_urls")),  # its login is in place of the next line's
    path("api-auth/", include("rest_framework.urls")),
    path("admin/", admin.site.urls),
    path("openapi.json", SchemaView.as_view(), name="schema"),
    path("docs", docs, name="docs"),
    path("redoc", SpectacularRedocView.as_view(http_method_names=READ), name="redoc"),
    path("favicon.ico", RedirectView.as_view(url=static("todo_project/icon.svg"))),
    path("health", probes.health),
    path("ready", probes.ready),
]
if settings.METRICS_TOKEN:
    from todo_project.server import metrics

    urlpatterns.append(path("metrics", metrics.metrics))
if settings.SECURITY_CONTACT:
    urlpatterns.append(path(".well-known/security.txt", security_txt))

handler400 = "todo_project.api.problems.bad_request"
handler404 = "todo_project.api.problems.not_found"
handler500 = "todo_project.api.problems.server_error"
