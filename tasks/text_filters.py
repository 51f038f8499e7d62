"""The filters by tag and by search."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Concat
from django_filters import rest_framework as filters
from django_filters.fields import BaseCSVField

from todo_project.api.filters import FilterParameter, ParameterMixin
from todo_project.api.text_lists import TextListField

from .search import SearchField, Terms
from .tags import MOST, clean_name, make_keys, unite

# Three letters or digits in a row, which PostgreSQL's index needs to find a text.
TRIGRAM = re.compile(r"[^\W_]{3}")


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
    """One of the words and phrases of a search. A short one has no trigram."""

    def __init__(self, name: str, kind: str, place: int, is_short: bool = False) -> None:
        super().__init__(name, models.TextField())
        self.kind, self.place, self.is_short = kind, place, is_short

    def value(self, values: Mapping[str, Any]) -> Any:
        return getattr(values[self.name], self.kind)[self.place]


class SearchFilter(ParameterMixin, filters.CharFilter):
    """The shape of its query is which of its terms are short, and how many terms have a -."""

    field_class = SearchField

    def shape_of(self, value: Terms) -> tuple[tuple[bool, ...], int]:
        return tuple(not TRIGRAM.search(term) for term in value.wanted), len(value.unwanted)

    def make_parameter(self, name: str, shape: tuple[tuple[bool, ...], int]) -> Terms:
        short, unwanted = shape
        return Terms(
            tuple(TermParameter(name, "wanted", *one) for one in enumerate(short)),
            tuple(TermParameter(name, "unwanted", place) for place in range(unwanted)),
        )

    def filter(self, qs: Any, value: Terms | None) -> Any:
        if value is None:
            return qs
        # An expression, because the index would give all tasks of all owners for a short term.
        text = Concat(F("search_key"), Value(""), output_field=models.TextField())
        qs = qs.alias(search_text=text)
        for term in value.wanted:
            name = "search_text" if term.is_short else "search_key"
            qs = qs.filter(**{f"{name}__contains": term})
        for term in value.unwanted:
            qs = qs.exclude(search_key__contains=term)
        return qs
