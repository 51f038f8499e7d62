from collections.abc import Mapping
from typing import Any

import orjson
from django.urls import reverse
from django.utils.html import format_html
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

from . import forms

# The most characters of a response that a page shows, and the most bytes of a request that a form
# repeats. Rendering a page takes many times this memory, to escape it and to find links.
CONTENT_LIMIT = 200_000


class FastJSONRenderer(JSONRenderer):
    """DRF's JSON renderer with orjson instead of the standard library's encoder."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        indent = self.get_indent(accepted_media_type or "", renderer_context or {})
        return orjson.dumps(
            data,
            default=JSONEncoder().default,
            option=orjson.OPT_UTC_Z | (orjson.OPT_INDENT_2 if indent else 0),
        )


def as_json(representation: Any) -> Any:
    """A representation as clients read it from JSON."""
    return orjson.loads(FastJSONRenderer().render(representation))


class PageRenderer(BrowsableAPIRenderer):
    """DRF's browsable API with the project's names, with redirects and with a form for PATCH."""

    def render(self, data: Any, media_type: Any = None, renderer_context: Any = None) -> str:
        parts = [renderer_context[name] for name in ("view", "request", "response")]
        if forms.redirect(*parts):
            return ""
        # DRF's template has no block for `lang`, which screen readers need.
        page: str = super().render(data, media_type, renderer_context)
        return page.replace("<html>", '<html lang="en">', 1)

    def get_content(self, *args: Any) -> str:
        content: str = super().get_content(*args)
        if len(content) <= CONTENT_LIMIT:
            return content
        return f"{content[:CONTENT_LIMIT]}\n\n… The rest is omitted. Request application/json."

    def show_form_for_method(self, view: Any, method: str, request: Any, obj: Any) -> bool:
        sent = int(request.META.get("CONTENT_LENGTH") or 0)
        shown = super().show_form_for_method(view, method, request, obj)
        return bool(shown) and sent <= CONTENT_LIMIT

    def get_context(self, data: Any, media_type: Any, renderer_context: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(data, media_type, renderer_context)
        view, request, response = (
            renderer_context[name] for name in ("view", "request", "response")
        )
        context["next"] = forms.read_next(request)
        context["redirects"] = hasattr(view, "form_message")
        context["back"] = reverse(view.back) if hasattr(view, "back") else "/"
        context["ignored_members"] = response.get("X-Ignored-Members")
        if "PUT" not in view.allowed_methods:
            context["patch_form"] = self.get_rendered_html_form(data, view, "PATCH", request)
        if context["delete_form"] and (confirmation := getattr(view, "confirmation_class", None)):
            context["delete_form"] = self.render_form_for_serializer(confirmation())
        # The form sends the ETag, so that it does not overwrite a later change; see `ETagMixin`.
        instance = getattr(getattr(data, "serializer", None), "instance", None)
        if context["put_form"] and (etag := getattr(instance, "etag", None)):
            field = format_html('<input type="hidden" name="etag" value="{}">', etag)
            context["put_form"] = field + context["put_form"]
        # Offer no forms for an object that is missing, deleted or changed.
        if response.status_code in (204, 404, 412):
            context |= {"display_edit_forms": False, "delete_form": None, "patch_form": None}
        elif response.status_code < 400 and hasattr(view, "page_context"):
            context |= view.page_context(data)
        return context

    def get_filter_form(self, data: Any, view: Any, request: Any) -> Any:
        """Also shown with the errors of a filter, so that users can correct it."""
        if getattr(view, "action", None) == "list" and "errors" in data:
            data = []
        return super().get_filter_form(data, view, request)

    def get_name(self, view: Any) -> str:
        return display_name(super().get_name(view))

    def get_breadcrumbs(self, request: Any) -> list[tuple[str, str]]:
        return [(display_name(name), url) for name, url in super().get_breadcrumbs(request)]


def display_name(name: str) -> str:
    """`Tasks` for `Task List`, `Task` for `Task Instance`. `OPTIONS` keeps DRF's names."""
    return name.removesuffix(" Instance").replace(" List", "s")
