"""The location of the embedded database and the generated keys."""

import sqlite3

import pytest

from .conftest import run, serve, show

KEYS = {"SECRET_KEY": "x" * 50, "JWT_SIGNING_KEY": "y" * 50}
BARRED = "which this process cannot read and write"


def test_it_moves_the_database_and_the_keys(project, tmp_path):
    elsewhere = tmp_path / "elsewhere"

    result = run(project, "manage.py", "migrate", "--verbosity=0", VAR_DIR=str(elsewhere))

    assert (result.returncode, result.stderr) == (0, "")
    files = {path.name for path in elsewhere.iterdir()}
    assert {"todo.sqlite3", "secret_key", "jwt_signing_key"} <= files
    assert not (project / "var").exists()


def test_a_relative_path_is_relative_to_the_project(project, tmp_path):
    result = run(tmp_path, project / "manage.py", "check", VAR_DIR="kept")

    assert result.returncode == 0, result.stderr
    assert (project / "kept" / "secret_key").exists()


def test_the_database_can_be_outside_the_folder(project, tmp_path):
    file, keys = tmp_path / "data" / "my todo.sqlite3", tmp_path / "keys"
    file.parent.mkdir()
    variables = {"DATABASE_URL": f"sqlite:///{tmp_path}/data/my%20todo.sqlite3"}

    result = run(project, "manage.py", "migrate", **variables, VAR_DIR=str(keys))

    assert result.returncode == 0, result.stderr
    assert {path.name for path in keys.iterdir()} == {"secret_key", "jwt_signing_key"}
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("SELECT count(*) FROM tasks_task").fetchone() == (0,)


def test_a_relative_database_path_is_relative_to_the_project(project, tmp_path):
    result = show(project, "settings.DATABASES['default']['NAME']", DATABASE_URL="sqlite:///a.db")

    assert result.stdout.strip() == str(project / "a.db")


@pytest.mark.parametrize(
    "address",
    ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://host/a.db", "sqlite:///a.db?x=1"],
)
def test_the_database_is_a_file(project, address):
    result = serve(project, DATABASE_URL=address)

    assert result.returncode == 1
    assert result.stderr == (
        "Configuration error: DATABASE_URL must be a postgres:// URL,"
        " or sqlite:/// and the path of a file.\n"
    )


@pytest.mark.parametrize("mode", [0o000, 0o500, 0o300, 0o600])
def test_an_unusable_folder_is_an_error(project, mode):
    var = project / "var"
    assert show(project, "settings.SECRET_KEY").returncode == 0
    var.chmod(mode)

    result = serve(project, "--migrate")

    var.chmod(0o700)
    assert result.returncode == 1
    assert result.stderr == f"Configuration error: VAR_DIR is {var}, {BARRED}.\n"


def test_a_folder_that_cannot_be_created_is_an_error(project):
    result = serve(project, VAR_DIR="/nowhere/var")

    assert result.returncode == 1
    line = "Configuration error: VAR_DIR is /nowhere/var: No such file or directory.\n"
    assert result.stderr == line


def test_a_file_in_place_of_the_folder_is_an_error(project):
    (project / "var").touch()

    result = serve(project)

    assert result.returncode == 1
    assert result.stderr == f"Configuration error: VAR_DIR is {project / 'var'}: File exists.\n"


@pytest.mark.parametrize(
    ("name", "kept"), [("SECRET_KEY", "secret_key"), ("JWT_SIGNING_KEY", "jwt_signing_key")]
)
def test_an_unreadable_key_is_an_error(project, name, kept):
    assert show(project, "settings.SECRET_KEY").returncode == 0
    (project / "var" / kept).chmod(0)

    result = serve(project)

    assert result.returncode == 1
    place = project / "var" / kept
    assert result.stderr == f"Configuration error: {name} is kept in {place}, {BARRED}.\n"


@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_an_unwritable_database_is_an_error(project, mode):
    assert run(project, "manage.py", "migrate").returncode == 0
    file = project / "var" / "todo.sqlite3"
    file.chmod(mode)

    result = serve(project, "--migrate")

    assert result.returncode == 1
    assert result.stderr == f"Configuration error: VAR_DIR is {file}, {BARRED}.\n"


def test_configured_keys_need_no_folder(project):
    address = f"sqlite:///{project}/todo.sqlite3"

    result = show(project, "settings.VAR_DIR", DATABASE_URL=address, **KEYS)

    assert result.returncode == 0, result.stderr
    assert not (project / "var").exists()
