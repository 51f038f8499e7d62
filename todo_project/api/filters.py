"""django-filter for prepared querysets: requests with the same filters share one SQL string."""

from collections.abc import Mapping
from copy import copy
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError
from rest_framework.fields import get_error_detail

from .prepared import Parameter, cached_for


class ParameterMixin:
    """For a filter that compares the column `field_name` with a value of the caller.

    The value is a parameter of the SQL, so the SQL is the same for all values of one shape.
    """

    model: Any
    field_name: Any

    def shape_of(self, value: Any) -> Any:
        """What of a value the SQL depends on."""
        return None

    def make_parameter(self, name: str, shape: Any) -> Any:
        return Parameter(name, self.model._meta.get_field(self.field_name))


class OwnedFilterBackend(filters.DjangoFilterBackend):
    """Filters the list of an `OwnedViewSet`.

    The names of the filters and the selected fixed choices are the shape of a query. The SQL of a
    shape is built once. A filterset with any other filter works as with django-filter's own
    backend: its SQL is built for each request.
    """

    def get_filterset_class(
        self, view: Any, queryset: QuerySet[Any] | None = None
    ) -> type[filters.FilterSet] | None:
        filtered = view.action in view.filtered_actions
        return super().get_filterset_class(view, queryset) if filtered else None

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        filterset_class = self.get_filterset_class(view, queryset)
        if filterset_class is None:
            return queryset
        if not has_shapes(filterset_class):
            return super().filter_queryset(request, queryset, view)
        fields = form_fields(filterset_class, queryset.model)
        cleaned = clean(fields, read_choices(fields, request.query_params))
        shape = tuple(
            (name, shape_of(filterset_class.base_filters[name], value))
            for name, value in cleaned.items()
        )
        view.parameters.update(cleaned)
        return cached_for(filter_by_shape, queryset)(filterset_class, shape)


def read_choices(fields: Mapping[str, forms.Field], query: Any) -> dict[str, str]:
    """The values by name. Repeated values are joined by commas; empty values are left out."""
    return {
        name: ",".join(filter(None, values))
        for name, values in sorted(query.lists())
        if any(values) and name in fields
    }


def clean(fields: Mapping[str, forms.Field], chosen: dict[str, str]) -> dict[str, Any]:
    """The validated values. A form would also validate the unused filters."""
    cleaned, errors = {}, {}
    for name in chosen:
        try:
            value = fields[name].widget.value_from_datadict(chosen, {}, name)
            cleaned[name] = fields[name].clean(value)
        except DjangoValidationError as error:
            errors[name] = get_error_detail(error)
    if errors:
        raise ValidationError(errors)
    return cleaned


def filter_by_shape(
    queryset: QuerySet[Any], filterset_class: type[filters.FilterSet], shape: Any
) -> Any:
    model: Any = queryset.model
    filterset = copy(make_filterset(filterset_class, model))
    cleaned = dict.fromkeys(filterset.filters)
    for name, value in shape:
        one = filterset.filters[name]
        if isinstance(one, ParameterMixin):
            cleaned[name] = one.make_parameter(name, value)
        else:
            cleaned[name] = value
    filterset.form.cleaned_data = cleaned
    return filterset.filter_queryset(queryset)


def shape_of(one: Any, value: Any) -> Any:
    if isinstance(one, ParameterMixin):
        return one.shape_of(value)
    return tuple(value) if isinstance(value, list) else value


@cache
def form_fields(filterset_class: type[filters.FilterSet], model: Any) -> dict[str, forms.Field]:
    filterset = make_filterset(filterset_class, model)
    return {name: one.field for name, one in filterset.filters.items()}


@cache
def make_filterset(filterset_class: type[filters.FilterSet], model: Any) -> filters.FilterSet:
    """Kept, as each that is made copies all filters."""
    return filterset_class(queryset=model._default_manager.none())


def is_parameter(filterset_class: type[filters.FilterSet], name: str) -> bool:
    return isinstance(filterset_class.base_filters[name], ParameterMixin)


@cache
def has_shapes(filterset_class: type[filters.FilterSet]) -> bool:
    """True if all filters take fixed choices or a parameter and the form is Django's own."""
    options: Any = filterset_class
    return options._meta.form is forms.Form and all(
        is_parameter(filterset_class, name) or has_fixed_choices(one)
        for name, one in filterset_class.base_filters.items()
    )


def has_fixed_choices(one: Any) -> bool:
    if callable(one.extra.get("choices")) or "queryset" in one.extra:
        return False
    return issubclass(one.field_class, forms.ChoiceField | forms.NullBooleanField)
