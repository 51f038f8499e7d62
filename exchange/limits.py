"""What is too long for a task is cut, and tags that it cannot have are left out."""

from typing import Any

from django.core.exceptions import ValidationError

from tasks.models import Task
from tasks.tags import MOST, clean_name, unite

from .drafts import File

LONGEST_TITLE = Task._meta.get_field("title").max_length or 0
LONGEST_DESCRIPTION = Task._meta.get_field("description").max_length or 0


def fit(data: dict[str, Any], file: File, line: int | None) -> None:
    """Changes the title, the description and the tags of a draft, each with a warning."""
    title, text = data["title"], data["description"]
    if len(title) > LONGEST_TITLE:
        file.warn(line, "The title is too long: all of it is in the description.")
        data["title"] = title[: LONGEST_TITLE - 1].rstrip() + "…"
        text = "\n\n".join(part for part in (title, text) if part)
    if len(text) > LONGEST_DESCRIPTION:
        file.warn(line, f"The description is cut after {LONGEST_DESCRIPTION:,} characters.")
    data["description"] = text[:LONGEST_DESCRIPTION]
    data["tags"] = fit_tags(data["tags"], file, line)


def fit_tags(names: list[str], file: File, line: int | None) -> list[str]:
    good = []
    for name in names:
        try:
            good.append(clean_name(name))
        except ValidationError as error:
            file.warn(line, f"The tag {name[:100]!r} is left out: {error.messages[0]}")
    good = unite(good)
    for name in good[MOST:]:
        file.warn(line, f"The tag {name!r} is left out: a task has at most {MOST} tags.")
    return good[:MOST]
