"""How a new process reads the file `.env`."""

import pytest

from .conftest import serve, show

ADDRESS = "postgres://ann:sesame@db.example/todo"
KEYS = f"SECRET_KEY={'x' * 50}\nJWT_SIGNING_KEY={'y' * 50}\n"
HOST = "settings.DATABASES['default'].get('HOST')"


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeffDATABASE_URL={ADDRESS}\n{KEYS}",
        f"\ufeff# Ours\r\nDATABASE_URL={ADDRESS}\r\n{KEYS}",
        f"  # Ours\n   \n  export DATABASE_URL='{ADDRESS}'  \n{KEYS}",
    ],
)
def test_it_accepts_what_editors_write(project, content):
    (project / ".env").write_bytes(content.encode())

    result = show(project, HOST)

    assert (result.stdout.strip(), result.stderr) == ("db.example", "")


def test_a_value_can_start_with_a_dollar(project):
    (project / ".env").write_text("METRICS_TOKEN=$esame\n")

    result = show(project, "settings.METRICS_TOKEN")

    assert result.stdout.strip() == "$esame"


@pytest.mark.parametrize(
    "line", ["DATABASE_URL = sesame", "sesame", "DATABASE_URL: sesame", '"SECRET_KEY"=sesame']
    + ["SECRET_KEY='sesame", 'SECRET_KEY="sesame', "SECRET_KEY=sesa\0me", "\ufeffSECRET_KEY=sesame"]
)  # fmt: skip
def test_an_invalid_line_is_an_error_with_its_number(project, line):
    file = project / ".env"
    file.write_text(f"PORT=9000\n{line}\n")

    result = serve(project)

    assert result.returncode == 1
    assert result.stderr == f"Configuration error: {file}, line 2: The line must be NAME=value.\n"


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_an_error(project, encoding):
    file = project / ".env"
    file.write_text("SECRET_KEY=sésame\n", encoding=encoding)

    result = serve(project)

    assert result.returncode == 1
    assert result.stderr == f"Configuration error: {file}: The file must be in UTF-8.\n"


def test_an_unreadable_file_is_an_error(project):
    file = project / ".env"
    file.write_text(f"DATABASE_URL={ADDRESS}\n{KEYS}")
    file.chmod(0)

    result = serve(project)

    assert result.returncode == 1
    assert result.stderr == f"Configuration error: {file}: Permission denied.\n"


def test_a_folder_in_place_of_the_file_is_an_error(project):
    (project / ".env").mkdir()

    result = serve(project)

    assert result.returncode == 1
    assert result.stderr == f"Configuration error: {project / '.env'}: Is a directory.\n"


def test_the_file_that_env_file_names_must_exist(project):
    result = serve(project, ENV_FILE="/nowhere/env")

    assert result.returncode == 1
    assert result.stderr == "Configuration error: /nowhere/env: No such file or directory.\n"
