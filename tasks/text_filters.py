"""The filters by tag and by search."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django_filters import rest_framework as filters
from django_filters.fields import BaseCSVField

from todo_project.api.filters import FilterParameter, ParameterMixin
from todo_project.api.text_lists import TextListField

from .search import SearchField, Terms
from .tags import MOST, clean_name, make_keys, unite


class TagField(forms.CharField):
    def to_python(self, value: Any) -> str:
        return clean_name(value or "")


class TagsField(BaseCSVField):
    """Gives names, none of them twice."""

    def clean(self, value: Any) -> Any:
        names = unite(super().clean(value) or [])
        if len(names) > MOST:
            raise ValidationError(f"Must have at most {MOST} tags.", code="invalid")
        return names


class KeysParameter(FilterParameter):
    """The keys of the caller's tags that have these names."""

    def value(self, values: Mapping[str, Any]) -> Any:
        keys = make_keys(values["caller"], values[self.name])
        return super().value({self.name: keys})


class TagFilter(ParameterMixin, filters.BaseCSVFilter, filters.CharFilter):
    base_field_class = TagsField
    field_class = TagField

    def make_parameter(self, name: str, shape: Any) -> FilterParameter:
        return KeysParameter(name, TextListField())

    def filter(self, qs: Any, value: FilterParameter | None) -> Any:
        return qs if value is None else qs.filter(tag_keys__contains=value)


class TermParameter(FilterParameter):
    """One of the words and phrases of a search."""

    def __init__(self, name: str, kind: str, place: int) -> None:
        super().__init__(name, models.TextField())
        self.kind, self.place = kind, place

    def value(self, values: Mapping[str, Any]) -> Any:
        return getattr(values[self.name], self.kind)[self.place]


class SearchFilter(ParameterMixin, filters.CharFilter):
    """The shape of its query is how many words and phrases a search has, with and without -."""

    field_class = SearchField

    def shape_of(self, value: Terms) -> tuple[int, int]:
        return len(value.wanted), len(value.unwanted)

    def make_parameter(self, name: str, shape: tuple[int, int]) -> Terms:
        wanted, unwanted = shape
        return Terms(
            tuple(TermParameter(name, "wanted", place) for place in range(wanted)),
            tuple(TermParameter(name, "unwanted", place) for place in range(unwanted)),
        )

    def filter(self, qs: Any, value: Terms | None) -> Any:
        for term in value.wanted if value else ():
            qs = qs.filter(search_key__contains=term)
        for term in value.unwanted if value else ():
            qs = qs.exclude(search_key__contains=term)
        return qs
