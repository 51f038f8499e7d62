from calendar import monthrange
from datetime import date
from itertools import takewhile
from typing import Any

from django import template
from django.contrib.admin.views.main import ChangeList
from django.db.models import Min
from django.utils import timezone
from django.utils.formats import date_format

register = template.Library()

PARTS = ["year", "month", "day"]
FORMATS = ["Y", "YEAR_MONTH_FORMAT", "MONTH_DAY_FORMAT"]


@register.inclusion_tag("admin/date_hierarchy.html")
def drill_down(cl: ChangeList) -> dict[str, Any]:
    """Links for years, months of a year or days of a month, from the oldest row until today.

    Django's own tag checks which periods have rows, and so scans the whole table.
    """
    name = str(cl.date_hierarchy)
    oldest = cl.root_queryset.aggregate(oldest=Min(name))["oldest"]
    given = [cl.params.get(f"{name}__{part}", "") for part in PARTS]
    chosen = [int(part) for part in takewhile(bool, given)]

    def link(*parts: int, title: str = "All dates") -> dict[str, str]:
        query = {f"{name}__{part}": str(n) for part, n in zip(PARTS, parts, strict=False)}
        return {"title": title, "link": cl.get_query_string(query, [f"{name}__"])}

    def link_period(*parts: int) -> dict[str, str]:
        year, month, day = (*parts, 1, 1)[:3]
        first = date(year, month, day)
        return link(*parts, title=date_format(first, FORMATS[len(parts) - 1]))

    choices = periods(timezone.localdate(oldest), timezone.localdate(), *chosen) if oldest else []
    above = chosen[:-1]
    return {
        "show": bool(choices),
        "back": chosen and (link_period(*above) if above else link()),
        "choices": [link_period(*parts) for parts in choices],
    }


def periods(first: date, last: date, *chosen: int) -> list[tuple[int, ...]]:
    """The periods inside the chosen one that overlap the time from `first` to `last`."""
    parts: list[tuple[int, ...]]
    match chosen:
        case ():
            parts = [(year,) for year in range(first.year, last.year + 1)]
        case (year,):
            parts = [(year, month) for month in range(1, 13)]
        case (year, month):
            parts = [(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]
        case _:
            return [chosen]
    first_parts, last_parts = first.timetuple()[:3], last.timetuple()[:3]
    return [one for one in parts if first_parts[: len(one)] <= one <= last_parts[: len(one)]]
