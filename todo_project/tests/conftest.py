import shutil

import pytest
from django.conf import settings


@pytest.fixture(scope="module")
def copy_project():
    """Copies what runs of the project to a folder, as a fresh clone has it."""

    def copy(target):
        for name in ("todo_project", "tasks", "accounts"):
            shutil.copytree(settings.BASE_DIR / name, target / name)
        shutil.copy(settings.BASE_DIR / "manage.py", target)
        return target

    return copy
