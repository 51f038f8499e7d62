"""The choices in the forms of the list: filters, the order and projects."""

from typing import Any

from django.http import QueryDict

from projects.models import Project
from todo_project.api.room import count_fitting, measure
from todo_project.templatetags.forms import OPTION, offer

from .tag_counts import count_tags

MOST = 100  # projects and tags
TAGS = 3_500  # bytes of the tags to choose from
SORTS = {
    "": "Newest first",
    "created": "Oldest first",
    "due_date": "By due date",
    "-priority": "By priority",
    "title": "By title",
    "position": "In your own order",
    "-updated": "Last changed first",
}
PRIORITIES = {"": "Any priority", "high": "High", "medium": "Medium", "low": "Low", "none": "None"}
DUES = {
    "": "Any due date",
    "today": "Today",
    "overdue": "Overdue",
    "upcoming": "After today",
    "any": "With a due date",
    "none": "Without a due date",
}
STATUSES = {"": "All", "pending": "Pending", "completed": "Completed"}
OTHERS = {"project": "Several projects", "sort": "Another order", "priority": "Several priorities"}


def offer_projects(user: Any) -> dict[int, Project]:
    projects = Project.objects.for_user(user).for_choice()[:MOST]
    return {project.pk: project for project in projects}


def make_selects(
    user: Any, query: QueryDict, projects: dict[int, Project]
) -> dict[str, dict[str, str]]:
    """The values and texts of the select of each filter, with the value that it has."""
    tags = [tag["name"] for tag in count_tags(user.pk)[:MOST]]
    tags = tags[: count_fitting((OPTION + measure(tag) for tag in tags), TAGS)]
    selects = {
        "project": {"": "Any project", "none": "No project", **offer(projects.values())},
        "tag": {"": "Any tag", **dict(zip(tags, tags, strict=True))},
        "sort": SORTS,
        "status": STATUSES,
        "due": DUES,
        "priority": PRIORITIES,
    }
    for name, texts in selects.items():
        chosen = query.get(name, "")
        if chosen not in texts:
            selects[name] = {**texts, chosen: name_choice(user, name, chosen)}
    return selects


def weigh(selects: dict[str, dict[str, str]]) -> int:
    """The bytes of the projects and the tags: a page has three selects of projects."""
    texts = [*3 * [*selects["project"].values()], *selects["tag"].values()]
    return sum(OPTION + measure(text) for text in texts)


def name_choice(user: Any, filter_name: str, value: str) -> str:
    """The text of a value that the select does not offer."""
    if filter_name == "project" and value.isdecimal() and len(value) < 19:
        project = Project.objects.for_user(user).filter(pk=value).first()
        return project.name if project else value
    return OTHERS.get(filter_name, value)
