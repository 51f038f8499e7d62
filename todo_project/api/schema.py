"""What every operation of the OpenAPI document has in common, said once."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from .conditional_lists import ConditionalListMixin
from .ignored_members import HEADER, IgnoredMembersMixin
from .preconditions import ETagMixin
from .problems import MEDIA_TYPE, problem

REFUSALS = {
    400: "The request is malformed or a value is not allowed; `errors` says which.",
    401: "Nobody is signed in, or the token or the password is not good.",
    403: "A browser's session without its CSRF token.",
    404: "There is no such object, or it is somebody else's.",
    406: "The answer is JSON, which `Accept` does not allow.",
    410: "The token of a sync is too old, or from before a backup was restored.",
    409: "It conflicts with what another request has just stored.",
    411: "The body came without its `Content-Length`.",
    412: "`If-Match` or `If-None-Match` does not hold: the object has changed since.",
    413: "The body has more than 1 MiB.",
    415: "The body is not JSON in UTF-8.",
    422: "The `Idempotency-Key` came with another body before.",
    429: "Too many requests or too many failures.",
    503: "The database is away, full or read-only, or too many passwords are being checked.",
}
# `title`, `code` and `detail` of one. The titles are written out: Python 3.13 has other phrases.
EXAMPLES = {
    400: ("Bad Request", "validation_error", "title: This field may not be blank."),
    401: ("Unauthorized", "not_authenticated", "Authentication credentials were not provided."),
    403: ("Forbidden", "permission_denied", "CSRF Failed: CSRF token missing."),
    404: ("Not Found", "not_found", "Not found."),
    406: ("Not Acceptable", "not_acceptable", "Could not satisfy the request Accept header."),
    410: (
        "Gone",
        "sync_token_expired",
        "Changes since this token are no longer known. Delete your copy and start without `since`.",
    ),
    409: ("Conflict", "conflict", "This conflicts with what is stored."),
    411: ("Length Required", "length_required", "Send the body with its Content-Length."),
    412: ("Precondition Failed", "precondition_failed", "It has changed since. Read it again."),
    413: ("Content Too Large", "too_large", "The body has more than 1048576 bytes."),
    415: (
        "Unsupported Media Type",
        "unsupported_media_type",
        'Unsupported media type "text/plain" in request.',
    ),
    422: (
        "Unprocessable Content",
        "idempotency_key_reused",
        "This Idempotency-Key came with another body before.",
    ),
    429: (
        "Too Many Requests",
        "throttled",
        "Request was throttled. Expected available in 42 seconds.",
    ),
    503: (
        "Service Unavailable",
        "database_unavailable",
        "The database cannot do this now. Try again shortly.",
    ),
}
ERRORS = [{"field": "title", "code": "blank", "detail": "This field may not be blank."}]
STRING = {"schema": {"type": "string"}}
REFUSAL_HEADERS = {
    401: {"WWW-Authenticate": {"description": '`Bearer realm="api"`', **STRING}},
    429: {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
    503: {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
}
IGNORED_MEMBERS = {
    "description": "Members of the body that were not used: unknown ones, and read-only ones that "
    "differ. Percent-encoded, in a comma list.",
    **STRING,
}
PREFER = (
    "RFC 7240. With `handling=lenient` a PATCH whose `If-Match` is stale is applied when no member "
    "that it sets has changed since; else the 412 has `current` and `conflicts`."
)
APPLIED = {
    "Preference-Applied": {
        "description": "`handling=lenient` when a stale PATCH was merged.",
        **STRING,
    }
}
ETAG = {"ETag": {"description": "Changes with every change of the object.", **STRING}}


class ProblemErrorSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(allow_null=True, help_text="A member, parameter or header.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem details, RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField(help_text="The name of the status.")
    status = serializers.IntegerField(min_value=400, max_value=599)
    code = serializers.CharField(help_text="For programs: it does not change.")
    detail = serializers.CharField(help_text="For people.")
    # DRF's metaclass takes the field out of the way of the attribute of this name.
    errors = ProblemErrorSerializer(  # type: ignore[assignment]
        many=True, required=False, help_text="With a 400 only."
    )
    current = serializers.DictField(
        required=False,
        help_text="With a 412 of a PATCH that prefers `handling=lenient`: the object.",
    )
    conflicts = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="With the same: the members that were sent and have changed since.",
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
        """A reference to what every operation that is refused so has in common."""
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
        """`auth_login`, as to create is not what a login does."""
        if self.method == "POST" and not hasattr(self.view, "action"):
            return "_".join(self._tokenize_path())
        return super().get_operation_id()

    def get_summary(self) -> str | None:
        """The first line of what describes the operation."""
        first_line = self.get_description().split("\n")[0]
        return super().get_summary() or first_line.split(". ")[0].removesuffix(".")

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:
        """A text that may be blank is said to be one of two, but "" can be both."""
        base: Any = super()  # it has no annotations
        base._insert_field_validators(field, schema)
        if "oneOf" in schema:
            schema["anyOf"] = schema.pop("oneOf")

    def is_conditional(self) -> bool:
        if getattr(self.view, "action", None) == "list":
            return isinstance(self.view, ConditionalListMixin)
        return isinstance(self.view, ETagMixin) and "{" in self.path

    def get_refusals(self) -> set[int]:
        handler = getattr(self.view, getattr(self.view, "action", None) or self.method.lower())
        declared = {*getattr(self.view, "refusals", []), *getattr(handler, "refusals", [])}
        codes = {400, 406, 411, 413, 415, 429, 503, *declared}
        if self.view.authentication_classes:
            codes |= {401} if self.method == "GET" else {401, 403}
        if "{" in self.path:
            codes.add(404)
        if self.method != "GET" and self.is_conditional():
            codes.add(412)
        return codes

    def add_conditions(self, operation: dict[str, Any]) -> None:
        reading = self.method == "GET"
        conditions = {"If-None-Match": "Answer 304 if the object is still one of these."}
        if not reading:
            conditions = {
                "If-Match": "Only if the object is still one of these.",
                "If-None-Match": "Only if the object is none of these.",
            }
        conditions = {name: f"Entity tags, or `*`. {text}" for name, text in conditions.items()}
        if self.method == "PATCH":
            conditions["Prefer"] = PREFER
            operation["responses"]["200"].setdefault("headers", {}).update(APPLIED)
        for name, text in conditions.items():
            operation["parameters"].append(
                {"in": "header", "name": name, "description": text, **STRING}
            )
        if "200" in operation["responses"]:
            operation["responses"]["200"].setdefault("headers", {}).update(ETAG)
        if reading:
            operation["responses"]["304"] = {"description": "It has not changed.", "headers": ETAG}


def in_order_of_routes(endpoints: list[Any]) -> list[Any]:
    """A preprocessing hook: what one needs first comes first. DRF has the methods in a set."""
    paths = [path for path, *_ in endpoints]
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return sorted(endpoints, key=lambda one: (paths.index(one[0]), methods.index(one[2])))


def require_what_is_always_answered(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A postprocessing hook: a member that may be left out of a request is in every answer."""
    for name, component in result["components"]["schemas"].items():
        if "properties" in component and not name.endswith("Request") and name != "Problem":
            component["required"] = sorted(component["properties"])
    return result
