"""What is in `todo_project` knows no app. `make check` proves the same of imports."""

import re

import pytest
from django.conf import settings

PROJECT = settings.BASE_DIR / "todo_project"
TEMPLATES = [path for path in (PROJECT / "templates").rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_names_no_app(path):
    assert not re.search(rf"\b({'|'.join(settings.OUR_APPS)})\b", path.read_text())
