"""The parts that all operations of the OpenAPI document share."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from .conditional_lists import StateTagMixin
from .ignored_members import HEADER, IgnoredMembersMixin
from .preconditions import ETagMixin
from .problems import MEDIA_TYPE, problem

REFUSALS = {
    400: "The request is malformed or a value is not allowed; `errors` says which.",
    401: "The credentials are missing or invalid.",
    403: "A browser session without a CSRF token, or a personal token without the scope.",
    404: "The object does not exist or belongs to another user.",
    406: "`Accept` does not allow JSON.",
    410: "The sync token is too old, or from before a backup was restored.",
    409: "The request conflicts with data that another request has stored.",
    411: "The request has a body but no `Content-Length`.",
    412: "`If-Match` or `If-None-Match` failed: the object has changed.",
    413: "The body is larger than 1 MiB.",
    415: "The body is not JSON in UTF-8.",
    422: "The `Idempotency-Key` was already used with a different body.",
    429: "Too many requests or too many failures.",
    503: "The database is unavailable, full or read-only, or the server is busy with passwords.",
}
# `title`, `code` and `detail` of an example. Python 3.13 changed titles, so none is computed.
EXAMPLES = {
    400: ("Bad Request", "validation_error", "title: This field may not be blank."),
    401: ("Unauthorized", "not_authenticated", "Authentication credentials were not provided."),
    403: ("Forbidden", "permission_denied", "CSRF Failed: CSRF token missing."),
    404: ("Not Found", "not_found", "Not found."),
    406: ("Not Acceptable", "not_acceptable", "Could not satisfy the request Accept header."),
    410: (
        "Gone",
        "sync_token_expired",
        "This sync token has expired. Delete your copy and start again without `since`.",
    ),
    409: ("Conflict", "conflict", "The request conflicts with stored data."),
    411: ("Length Required", "length_required", "Send the body with its Content-Length."),
    412: (
        "Precondition Failed",
        "precondition_failed",
        "The object has changed since you fetched it. Fetch it again and retry.",
    ),
    413: ("Content Too Large", "too_large", "The body has more than 1048576 bytes."),
    415: (
        "Unsupported Media Type",
        "unsupported_media_type",
        'Unsupported media type "text/plain" in request.',
    ),
    422: (
        "Unprocessable Content",
        "idempotency_key_reused",
        "This Idempotency-Key was already used with a different body.",
    ),
    429: (
        "Too Many Requests",
        "throttled",
        "Request was throttled. Expected available in 42 seconds.",
    ),
    503: (
        "Service Unavailable",
        "database_unavailable",
        "The database is temporarily unavailable. Try again shortly.",
    ),
}
ERRORS = [{"field": "title", "code": "blank", "detail": "This field may not be blank."}]
STRING = {"schema": {"type": "string"}}
REFUSAL_HEADERS = {
    401: {
        "WWW-Authenticate": {
            "description": '`Bearer realm="api"`, for a personal token `error="invalid_token"`.',
            **STRING,
        }
    },
    429: {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
    503: {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
}
IGNORED_MEMBERS = {
    "description": "The members of the body that were not used: unknown members, and read-only "
    "members that differ. Percent-encoded, separated by commas.",
    **STRING,
}
PREFER = (
    "RFC 7240. With `handling=lenient` a PATCH whose `If-Match` is stale is applied if none of its "
    "members has changed since. Otherwise the 412 has `current` and `conflicts`."
)
APPLIED = {
    "Preference-Applied": {
        "description": "`handling=lenient` if a stale PATCH was merged.",
        **STRING,
    }
}
ID = OpenApiParameter(
    "id", {"type": "integer", "format": "int64", "minimum": 1}, OpenApiParameter.PATH
)
KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="Sent again with the same body, it changes nothing and has the first answer.",
)
ETAG = {"ETag": {"description": "Changes each time the object changes.", **STRING}}


class ProblemErrorSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(allow_null=True, help_text="A member, parameter or header.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem details, RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField(help_text="The name of the HTTP status.")
    status = serializers.IntegerField(min_value=400, max_value=599)
    code = serializers.CharField(help_text="For programs. Does not change.")
    detail = serializers.CharField(help_text="A text for people.")
    # DRF's metaclass removes the field, so `Serializer.errors` still works.
    errors = ProblemErrorSerializer(  # type: ignore[assignment]
        many=True, required=False, help_text="Only with a 400."
    )
    current = serializers.DictField(
        required=False,
        help_text="Only with a 412 of a PATCH with `Prefer: handling=lenient`: the object.",
    )
    conflicts = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Only with `current`: the sent members that have changed.",
    )


class ApiSchema(AutoSchema):
    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        responses = operation["responses"]
        if "requestBody" in operation and isinstance(self.view, IgnoredMembersMixin):
            for code in responses:
                responses[code]["headers"] = {HEADER: self.ignored_members()}
        if self.is_conditional():
            self.add_conditions(operation)
        for code in sorted(self.get_refusals()):
            responses[str(code)] = self.refusal(code)
        return operation

    def ignored_members(self) -> Any:
        component = ResolvedComponent(
            "IgnoredMembers", ResolvedComponent.HEADER, IGNORED_MEMBERS, HEADER
        )
        self.registry.register_on_missing(component)
        return component.ref

    def refusal(self, code: int) -> dict[str, Any]:
        """A reference to the shared response for this status code."""
        title, slug, detail = EXAMPLES[code]
        example = {**problem(code, slug, detail), "title": title}
        if code == 400:
            example["errors"] = ERRORS
        schema = self.resolve_serializer(ProblemSerializer, "response").ref
        response = {
            "description": REFUSALS[code],
            "content": {MEDIA_TYPE: {"schema": schema, "example": example}},
        }
        if code in REFUSAL_HEADERS:
            response["headers"] = REFUSAL_HEADERS[code]
        component = ResolvedComponent(f"Problem{code}", ResolvedComponent.RESPONSE, response, code)
        self.registry.register_on_missing(component)
        return component.ref

    def get_operation_id(self) -> str:
        """`auth_login` instead of `auth_login_create`: a login creates nothing."""
        if self.method == "POST" and not hasattr(self.view, "action"):
            return "_".join(self._tokenize_path())
        return super().get_operation_id()

    def get_summary(self) -> str | None:
        """The first sentence of the description, unless a summary is set."""
        first_line = self.get_description().split("\n")[0]
        return super().get_summary() or first_line.split(". ")[0].removesuffix(".")

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:
        """A field that may be blank is `anyOf`: "" matches both schemas, which `oneOf` forbids."""
        base: Any = super()  # AutoSchema has no annotations
        base._insert_field_validators(field, schema)
        if "oneOf" in schema:
            schema["anyOf"] = schema.pop("oneOf")

    def is_conditional(self) -> bool:
        if self.method == "GET" and getattr(self.view, "action", "list") == "list":
            return isinstance(self.view, StateTagMixin)
        return isinstance(self.view, ETagMixin) and "{" in self.path

    def get_refusals(self) -> set[int]:
        handler = getattr(self.view, getattr(self.view, "action", None) or self.method.lower())
        declared = {*getattr(self.view, "refusals", []), *getattr(handler, "refusals", [])}
        codes = {400, 406, 411, 413, 415, 429, 503, *declared}
        if self.view.authentication_classes:
            codes |= {401, 403}
        if "{" in self.path:
            codes.add(404)
        if self.method != "GET" and self.is_conditional():
            codes.add(412)
        return codes

    def add_conditions(self, operation: dict[str, Any]) -> None:
        reading = self.method == "GET"
        conditions = {"If-None-Match": "Responds with 304 if one of these is current."}
        if not reading:
            conditions = {
                "If-Match": "Responds with 412 if none of these is current.",
                "If-None-Match": "Responds with 412 if one of these is current.",
            }
        conditions = {name: f"Entity tags, or `*`. {text}" for name, text in conditions.items()}
        if self.method == "PATCH":
            conditions["Prefer"] = PREFER
            operation["responses"]["200"].setdefault("headers", {}).update(APPLIED)
        for name, text in conditions.items():
            operation.setdefault("parameters", []).append(
                {"in": "header", "name": name, "description": text, **STRING}
            )
        if "200" in operation["responses"]:
            operation["responses"]["200"].setdefault("headers", {}).update(ETAG)
        if reading:
            operation["responses"]["304"] = {"description": "Not changed.", "headers": ETAG}


def in_order_of_routes(endpoints: list[Any]) -> list[Any]:
    """A preprocessing hook: sorts endpoints by route, then method (DRF has them in a set)."""
    paths = [path for path, *_ in endpoints]
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return sorted(endpoints, key=lambda one: (paths.index(one[0]), methods.index(one[2])))


VARYING = ["Problem", "Sync"]  # responses without some of their members; the serializers say which


def require_what_is_always_answered(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A postprocessing hook: most responses always have all members, so all are required."""
    for name, component in result["components"]["schemas"].items():
        answered = "properties" in component and not name.endswith("Request")
        if answered and name not in VARYING:
            component["required"] = sorted(component["properties"])
    return result
