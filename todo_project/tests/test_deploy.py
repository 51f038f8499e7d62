"""Checks of the files in deploy/ that need neither Docker nor systemd."""

import configparser
import re
import subprocess
from importlib.metadata import distribution

import pytest
import yaml
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .conftest import PUBLIC, run

DEPLOY = settings.BASE_DIR / "deploy"
CHOSEN = {
    **{name: PUBLIC[name] for name in ("PUBLIC_URL", "FRONTEND_URL", "EMAIL_URL")},
    "ALLOWED_HOSTS": "todo.example",
    "SECRET_KEY": "s" * 50,
    "JWT_SIGNING_KEY": "j" * 50,
    "DATABASE_PASSWORD": "database-password",
    "POSTGRES_PASSWORD": "postgres-password",
    "REDIS_PASSWORD": "redis-password",
}


@pytest.fixture
def services():
    """The services of compose.yml, with these variables."""
    text = (DEPLOY / "compose.yml").read_text()
    text = re.sub(r"\$\{(\w+):\?\}", lambda match: CHOSEN[match[1]], text)
    return yaml.safe_load(re.sub(r"\$\{\w+:-\}", "", text))["services"]


def test_the_containers_pass_the_deployment_checks(project, services):
    variables = {name: str(value or "") for name, value in services["api"]["environment"].items()}

    result = run(project, "manage.py", "check", HOST="0.0.0.0", **variables)

    assert (result.returncode, result.stderr) == (0, "")


def test_every_container_has_a_version_and_a_limit(services):
    for name, service in services.items():
        assert re.search(r":v?\d[\w.-]*$", service["image"]), name
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name


def test_the_role_is_not_a_superuser(services):
    environment = services["api"]["environment"]
    superuser = services["postgres"]["environment"]["POSTGRES_USER"]

    for name in ("DATABASE_URL", "DATABASE_DIRECT_URL"):
        assert re.match("postgres://todo:database-password@", environment[name])
    assert superuser != "todo"


def test_redis_requires_a_password(services):
    command = services["redis"]["command"]

    assert command[command.index("--requirepass") + 1] == "redis-password"
    assert ":redis-password@" in services["api"]["environment"]["CACHE_URL"]


def test_expired_rows_are_cleared_daily_in_the_same_environment(services):
    assert "manage.py clear_expired; sleep 86400" in services["daily"]["entrypoint"][-1]
    assert services["daily"]["environment"] == services["api"]["environment"]


def test_systemd_clears_daily_in_the_same_environment():
    server, daily, timer = (
        unit(name) for name in ("todo@.service", "todo-daily.service", "todo-daily.timer")
    )

    for name in ("EnvironmentFile", "WorkingDirectory", "DynamicUser"):
        assert daily["Service"][name] == server["Service"][name]
    assert daily["Service"]["ExecStart"].endswith("python manage.py clear_expired")
    assert timer["Timer"]["OnCalendar"] == "daily"


def unit(name):
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read(DEPLOY / name)
    return parser


@pytest.fixture
def installed():
    """The names of the packages that the Dockerfile installs."""
    command = re.search("^RUN (sed .*) > runtime.txt", (DEPLOY / "Dockerfile").read_text(), re.M)[1]
    lines = subprocess.check_output(["sh", "-c", command], cwd=settings.BASE_DIR, text=True)
    return {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)", lines, re.MULTILINE)}


def test_the_image_has_no_test_tools(installed):
    assert installed
    assert not {name for name in installed if "pytest" in name}


def test_the_image_has_all_requirements_of_its_packages(installed):
    python = re.search("^FROM python:([\\d.]+)", (DEPLOY / "Dockerfile").read_text(), re.M)[1]
    image = {"extra": "", "python_version": python, "python_full_version": f"{python}.0"}
    needed = {
        canonicalize_name(requirement.name)
        for name in installed
        for requirement in map(Requirement, distribution(name).requires or [])
        if not requirement.marker or requirement.marker.evaluate(image)
    }

    assert needed - installed == set()
