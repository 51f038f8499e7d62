from collections.abc import Mapping
from typing import Any

import orjson
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

from . import forms

# The most characters of a response that a page shows; fewer if they are folded.
SHOWN, FOLDED = 10_000, 2_000


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
    """DRF's browsable API with the project's own pages, redirects and a form for PATCH.

    A view may have these attributes for its pages: `page`, the whole template; `page_template`, the
    part of DRF's page that shows the data; `page_context()`, more for the template; `button`, the
    text of the form's button; `back`, the name of the page after a deletion; `form_message()`, see
    `forms.redirect()`; `form_initial`, the values of an empty form; `formless`, True if the forms
    of this call are on other pages; `texts`, the fields to repeat if a form is not saved.
    """

    def render(self, data: Any, media_type: Any = None, renderer_context: Any = None) -> str:
        view, request, response = (
            renderer_context[name] for name in ("view", "request", "response")
        )
        if forms.redirect(view, request, response):
            return ""
        self.template = getattr(view, "page", self.template)
        page: str = super().render(data, media_type, renderer_context)
        return page

    def show_form_for_method(self, view: Any, method: str, request: Any, obj: Any) -> bool:
        sent = int(request.META.get("CONTENT_LENGTH") or 0)
        shown = super().show_form_for_method(view, method, request, obj)
        return bool(shown) and sent <= forms.REPEATED

    def get_context(self, data: Any, media_type: Any, renderer_context: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(data, media_type, renderer_context)
        view, request, response = (
            renderer_context[name] for name in ("view", "request", "response")
        )
        raw = context["raw_data_post_form"] or context["raw_data_put_or_patch_form"]
        content = (raw.fields["_content"].initial if raw else "") or ""
        context["raw_content"] = content if len(content) <= FOLDED else "{}"
        context["next"] = forms.read_next(request)
        context["shows_response"] = not hasattr(view, "form_message")
        context["back"] = reverse(view.back) if hasattr(view, "back") else "/"
        context["ignored_members"] = response.get("X-Ignored-Members")
        self.adjust_forms(data, view, request, context)
        context |= self.describe(view, response, context)
        most = SHOWN if context["opened"] else FOLDED
        context["shown_content"] = shorten(context["content"], most)
        if response.status_code in (401, 403, 404):
            context |= keep_texts(view, request)
        # Offer no forms for an object that is missing, deleted or changed.
        if response.status_code in (204, 404, 412):
            context |= {"display_edit_forms": False, "delete_form": None, "patch_form": None}
        # A whole page also shows what was wrong with a form.
        shown = (400, 409, 412) if hasattr(view, "page") else ()
        # A body that cannot be parsed hides the CSRF token, so its sender is unknown.
        known = request.user.is_authenticated and hasattr(view, "page_context")
        if known and (response.status_code < 400 or response.status_code in shown):
            context |= view.page_context(data)
        return context

    def adjust_forms(self, data: Any, view: Any, request: Any, context: dict[str, Any]) -> None:
        if getattr(view, "formless", False):
            context["post_form"] = None
        if "PUT" not in view.allowed_methods:
            context["patch_form"] = self.get_rendered_html_form(data, view, "PATCH", request)
        if context["delete_form"] and (confirmation := getattr(view, "confirmation_class", None)):
            context["delete_form"] = self.render_form_for_serializer(confirmation())
        # The form sends the ETag, so that it does not overwrite a later change; see `ETagMixin`.
        instance = getattr(getattr(data, "serializer", None), "instance", None)
        if context["put_form"] and (etag := getattr(instance, "etag", None)):
            field = format_html('<input type="hidden" name="etag" value="{}">', etag)
            context["put_form"] = field + context["put_form"]

    def describe(self, view: Any, response: Any, context: dict[str, Any]) -> dict[str, bool]:
        """Whether the page has a form, and whether only the part for programs shows the result."""
        own = hasattr(view, "page_template") or self.template != PageRenderer.template
        changes = bool(context["put_form"] or context.get("patch_form"))  # with the values in it
        done = response.status_code < 400 and response.data is not None
        return {
            "has_form": not own and bool(changes or context["post_form"]),
            "opened": done and not own and not changes,
        }

    def render_form_for_serializer(self, serializer: Any) -> Any:
        """With the view's `form_initial`, the values of an empty form."""
        view: Any = serializer.context.get("view")
        for name, value in getattr(view, "form_initial", {}).items():
            serializer.fields[name].initial = value
        return super().render_form_for_serializer(serializer)

    def get_filter_form(self, *args: Any) -> None:
        """None: the pages of lists have their own."""

    def get_name(self, view: Any) -> str:
        return display_name(super().get_name(view))

    def get_breadcrumbs(self, request: Any) -> list[tuple[str, str]]:
        return [(display_name(name), url) for name, url in super().get_breadcrumbs(request)]


def keep_texts(view: Any, request: Any) -> dict[str, Any]:
    """What was typed in a form that was not saved, and the page that it came from."""
    form = forms.read_refused(request)
    typed = {name.capitalize(): form.get(name) for name in getattr(view, "texts", ())}
    texts = {label: text[:SHOWN] for label, text in typed.items() if text}
    path = forms.own_path(form.get("next", "")) or forms.read_next(request)
    return {"texts": texts, "next": path}


def shorten(content: str, most: int) -> str:
    """As HTML. Quotation marks stay as they are, because escaping doubles the size of JSON."""
    if len(content) > most:
        content = f"{content[:most]}\n\n… The rest is omitted. Request application/json."
    for letter, entity in {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.items():
        content = content.replace(letter, entity)
    return mark_safe(content)  # noqa: S308


def display_name(name: str) -> str:
    """`Tasks` for `Task List`, `Task` for `Task Instance`. `OPTIONS` keeps DRF's names."""
    return name.removesuffix(" Instance").replace(" List", "s")
