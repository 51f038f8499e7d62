"""`todo_project` does not name apps. `make check` checks the same for imports."""

import re
import tomllib

import pytest
from django.conf import settings

PROJECT = settings.BASE_DIR / "todo_project"
TEMPLATES = [path for path in (PROJECT / "templates").rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_name_no_app(path):
    assert not re.search(rf"\b({'|'.join(settings.OUR_APPS)})\b", path.read_text())


def test_the_layers_of_the_import_contract_hold_every_app():
    with open(settings.BASE_DIR / "pyproject.toml", "rb") as file:
        contract = tomllib.load(file)["tool"]["importlinter"]["contracts"][0]
    layers = {name.strip() for layer in contract["layers"] for name in layer.split("|")}

    assert {layer for layer in layers if "." not in layer} == set(settings.OUR_APPS)
