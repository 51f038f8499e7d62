"""Search in titles and descriptions: the column that is searched, and what a search asks for."""

import re
from typing import Any, NamedTuple
from unicodedata import normalize

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

LONGEST = 200  # characters of a search
MOST = 10  # words and phrases of a search
# A minus, and a phrase in quotes or a word. The end of the text ends a phrase, too.
TERM = re.compile(r"""(-?) (?: "([^"]*)"? | ([^\s"]+) )""", re.VERBOSE)


def fold(text: str) -> str:
    """Equal for texts that differ in case, in composition or in compatible forms of letters.

    The lower case of İ is an i with a second dot, which nobody types.
    """
    folded = normalize("NFKC", normalize("NFKC", text).casefold())
    return folded.replace("i\u0307", "i")


class SearchKeyField(models.TextField):
    """The folded title and description of a task."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"editable": False, "default": "", **options})

    def pre_save(self, instance: Any, add: bool) -> str:
        key = fold(f"{instance.title}\n{instance.description}")
        setattr(instance, self.attname, key)
        return key


class Terms(NamedTuple):
    """Texts or, in a query, parameters that stand for them."""

    wanted: tuple[Any, ...]
    unwanted: tuple[Any, ...]


def parse(text: str) -> Terms:
    """The folded words and phrases of a search."""
    terms: dict[str, list[str]] = {"": [], "-": []}
    for sign, phrase, word in TERM.findall(text):
        term = fold(phrase or word).strip()
        if term and term != "-" and term not in terms[sign]:
            terms[sign].append(term)
    return Terms(tuple(terms[""]), tuple(terms["-"]))


class SearchField(forms.CharField):
    """Gives `Terms`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST, **options)

    def clean(self, value: Any) -> Any:
        if not value:
            return None  # the form of the browsable API has an empty field
        terms = parse(super().clean(value))
        if not terms.wanted:
            raise ValidationError("Must have a word or a phrase without -.", code="invalid")
        if len(terms.wanted) + len(terms.unwanted) > MOST:
            raise ValidationError(f"Must have at most {MOST} words and phrases.", code="invalid")
        return terms
