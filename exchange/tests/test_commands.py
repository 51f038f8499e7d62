"""`manage.py export` and `manage.py import`."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tasks.models import Task

CSV = "TYPE,CONTENT,DATE\ntask,Buy milk,every day\ntask,Call Ann,2026-12-01\n"


def run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def test_a_file_is_imported_for_a_user(alice, tmp_path):
    path = write(tmp_path, "todoist.csv", CSV)

    first, second = (run("import", "Alice@example.com", path) for _ in range(2))

    assert first == (
        "2 created, 0 skipped.\n",
        "line 2: The date 'every day' is left out: it is in words.\n",
    )
    assert second[0] == "0 created, 2 skipped.\n"
    assert Task.objects.filter(owner=alice).count() == 2


def test_a_terminal_shows_the_progress(alice, tmp_path, monkeypatch):
    path = write(tmp_path, "todoist.csv", CSV.replace("every day", ""))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)

    first, second = (run("import", alice.email, path)[1] for _ in range(2))

    assert first == second == "\r2 of 2\n"


def test_the_export_is_what_the_api_answers(alice, alice_client, bob, capfdbinary, tmp_path):
    run("import", alice.email, write(tmp_path, "todoist.csv", CSV))

    run("export", alice.email)

    document = json.loads(capfdbinary.readouterr().out)
    answer = json.loads(alice_client.get("/api/export").content)
    assert document | {"exported_at": ""} == answer | {"exported_at": ""}
    path = write(tmp_path, "export.json", json.dumps(document))
    assert run("import", bob.email, path)[0] == "2 created, 0 skipped.\n"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("file.txt", CSV, "file: The name must end with one of: .json, .csv, .ics."),
        ("file.csv", "a,b\n", "Line 1: Must name the columns, TYPE and CONTENT among them."),
        ("file.json", "[]", "The body must be a JSON object."),
        (
            "file.json",
            '{"version": 1, "account": "x", "tasks": [{"id": 1, "title": ""}]}',
            "tasks.0.title: This field may not be blank.",
        ),
    ],
)
def test_a_wrong_file_is_an_error_and_stores_nothing(alice, tmp_path, name, text, message):
    path = write(tmp_path, name, text)

    with pytest.raises(CommandError) as error:
        run("import", alice.email, path)

    assert str(error.value) == f"{path}: {message}"
    assert not Task.objects.exists()


def test_a_missing_file_and_a_missing_user_are_errors(alice, tmp_path):
    with pytest.raises(CommandError, match="No such file or directory"):
        run("import", alice.email, str(tmp_path / "missing.csv"))
    for command in (["export", "nobody@example.com"], ["import", "nobody@example.com", "x.csv"]):
        with pytest.raises(CommandError, match="There is no user nobody@"):
            run(*command)
