"""django-filter for prepared querysets: requests with the same filters share one SQL string."""

import re
from collections.abc import Collection, Mapping
from copy import copy
from functools import cache, lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import BigAutoField, Q, QuerySet
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError
from rest_framework.fields import get_error_detail

from .prepared import SHAPES, Parameter, cached_for
from .relations import LARGEST

CACHED_LENGTH = 500  # the most characters of values that are cached


class FilterParameter(Parameter):
    decides_plan = True  # few of an owner's rows may have one value, and most another


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
        return FilterParameter(name, self.model._meta.get_field(self.field_name))

    def check(self, model: Any, value: Any, user: Any) -> None:
        """Raises Django's `ValidationError` if a value refers to an object of another user."""


class KeyField(forms.Field):
    """The id of an object, or `none`."""

    def to_python(self, value: Any) -> Any:
        if value == "none" or value is None:
            return value
        if not re.fullmatch("[1-9][0-9]{0,18}", value) or int(value) > LARGEST:
            raise DjangoValidationError("Must be an id or none.", code="invalid")
        return int(value)


class KeyParameter(FilterParameter):
    """One of the ids in the value of a filter."""

    def __init__(self, name: str, place: int) -> None:
        super().__init__(name, BigAutoField())
        self.place = place

    def value(self, values: Mapping[str, Any]) -> Any:
        return find_keys(values[self.name])[self.place]


class OwnedKeyFilter(ParameterMixin, filters.Filter):
    """By a foreign key to an object of the caller.

    The id of another owner's object gets the error of a missing one. Takes one value; with
    `BaseCSVFilter` as another base, a comma-separated list.
    """

    field_class = KeyField

    def shape_of(self, value: Any) -> tuple[int, bool]:
        """How many ids there are, and whether `none` is among the values."""
        keys = find_keys(value)
        return len(keys), len(keys) < len(as_list(value))

    def make_parameter(self, name: str, shape: tuple[int, bool]) -> Any:
        count, with_none = shape
        keys = [KeyParameter(name, place) for place in range(count)]
        return [*keys, None] if with_none else keys

    def filter(self, qs: Any, value: Any) -> Any:
        condition = Q()
        for key in value or []:
            condition |= Q(**{self.field_name: key})
        return qs.filter(condition)

    def check(self, model: Any, value: Any, user: Any) -> None:
        keys, field = find_keys(value), model._meta.get_field(self.field_name)
        objects = field.related_model._default_manager.complex_filter(field.get_limit_choices_to())
        if keys and objects.for_user(user).filter(pk__in=keys).count() < len(keys):
            raise DjangoValidationError("There is no such object.", code="does_not_exist")


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def find_keys(value: Any) -> list[int]:
    return [key for key in as_list(value) if key != "none"]


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
        chosen = read_choices(filterset_class.base_filters, request.query_params)
        long = sum(len(text) for _, text in chosen) > CACHED_LENGTH
        cleaned = (clean if long else clean_once)(filterset_class, queryset.model, chosen)
        if not getattr(view, "is_unchanged", False):
            check(filterset_class, queryset.model, cleaned, request.user)
        shape = tuple(
            (name, shape_of(filterset_class.base_filters[name], value))
            for name, value in cleaned.items()
        )
        view.parameters.update(cleaned)
        return cached_for(filter_by_shape, queryset)(filterset_class, shape)


def check(
    filterset_class: type[filters.FilterSet], model: Any, cleaned: Mapping[str, Any], user: Any
) -> None:
    """Raises `ValidationError` if a value refers to an object that the user does not have."""
    for name, value in cleaned.items():
        one: Any = filterset_class.base_filters[name]
        if isinstance(one, ParameterMixin):
            try:
                one.check(model, value, user)
            except DjangoValidationError as error:
                raise ValidationError({name: get_error_detail(error)}) from None


def read_choices(names: Collection[str], query: Any) -> tuple[tuple[str, str], ...]:
    """The values with their names. Repeated ones are joined by commas; empty ones left out."""
    return tuple(
        (name, ",".join(filter(None, values)))
        for name, values in sorted(query.lists())
        if any(values) and name in names
    )


def clean(
    filterset_class: type[filters.FilterSet], model: Any, chosen: tuple[tuple[str, str], ...]
) -> Mapping[str, Any]:
    """The validated values. A form would also validate the unused filters."""
    fields, texts = form_fields(filterset_class, model), dict(chosen)
    cleaned, errors = {}, {}
    for name in texts:
        try:
            value = fields[name].widget.value_from_datadict(texts, {}, name)
            cleaned[name] = fields[name].clean(value)
        except DjangoValidationError as error:
            errors[name] = get_error_detail(error)
    if errors:
        raise ValidationError(errors)
    return cleaned


clean_once = lru_cache(SHAPES)(clean)  # requests share the result: do not change it


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
