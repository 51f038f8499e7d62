from typing import Any

from django_filters.filters import BaseCSVFilter
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request


class StrictQueryMixin:
    """Rejects unknown, repeated and empty query parameters with a 400.

    Lists accept their filters and their paginator's parameters; other views accept none. A
    parameter that takes a comma-separated list may be repeated, as some generated clients do.
    """

    request: Any

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        view: Any = super()
        view.initial(request, *args, **kwargs)
        known = self.get_query_parameters() if request.query_params else {}
        errors = {
            name: [problem]
            for name, values in request.query_params.lists()
            if (problem := self.find_problem(name, values, known))
        }
        if errors:
            raise ValidationError(errors)

    def get_query_parameters(self) -> dict[str, bool]:
        """The accepted names. The value is true if the parameter may be repeated."""
        view: Any = self
        if getattr(view, "action", None) not in getattr(view, "filtered_actions", ["list"]):
            return {}
        filterset: Any = getattr(view, "filterset_class", None)
        filters = filterset.base_filters if filterset else {}
        return {
            **{name: isinstance(one, BaseCSVFilter) for name, one in filters.items()},
            **dict.fromkeys(getattr(view.paginator, "query_parameters", []), False),
        }

    def find_problem(
        self, name: str, values: list[str], known: dict[str, bool]
    ) -> ErrorDetail | None:
        if name not in known:
            allowed = f"Allowed: {', '.join(known)}." if known else "This URL takes no parameters."
            return ErrorDetail(f"Unknown query parameter. {allowed}", "unknown")
        if len(values) > 1 and not known[name]:
            return ErrorDetail("Send this parameter only once.", "repeated")
        # Browsers send every control of a form, including empty ones.
        if "" in values and self.request.accepted_renderer.format == "json":
            return ErrorDetail("Omit this parameter or give it a value.", "blank")
        return None
