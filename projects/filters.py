from typing import Any

from django_filters import rest_framework as filters

from .models import ProjectQuerySet

SHOWN = {
    "true": ProjectQuerySet.archived,
    "false": ProjectQuerySet.active,
    "all": ProjectQuerySet.all,
}


class ProjectFilter(filters.FilterSet):
    archived = filters.ChoiceFilter(
        label="Archived",
        choices=[(name, name) for name in SHOWN],
        empty_label="",
        error_messages={"invalid_choice": f"Must be one of: {', '.join(SHOWN)}."},
        method="filter_archived",
    )

    def filter_queryset(self, queryset: Any) -> Any:
        chosen = self.form.cleaned_data["archived"] or "false"
        return SHOWN[chosen](queryset)

    def filter_archived(self, projects: Any, name: str, value: str) -> Any:
        return SHOWN[value](projects)
