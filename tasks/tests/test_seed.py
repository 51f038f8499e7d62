import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from projects.models import Project
from tasks.management.commands import seed
from tasks.models import Task


@pytest.fixture
def seed_output(db, capsys):
    """Runs the command with these arguments and returns its output."""

    def run(*arguments):
        call_command("seed", *arguments)
        return capsys.readouterr().out

    return run


def created_values(user):
    """All values except those of the database; times as differences from the first."""
    first = user.tasks.earliest("created_at").created_at
    for task in user.tasks.order_by("id"):
        yield task.title, task.description, task.priority, task.revision, task.created_at - first


def test_it_adds_users_with_tasks_and_reports_them(seed_output):
    out = seed_output("--users", "3", "--tasks", "4", "--no-password")

    assert out.startswith(
        "Users added: 3, user1@example.com to user3@example.com. Tasks added: 12, 4 "
    )
    assert [user.tasks.count() for user in User.objects.all()] == [4, 4, 4]


def test_it_prints_a_login_that_works(seed_output, anonymous):
    *_, password = seed_output().split()

    response = anonymous.post(
        "/api/auth/login", {"email": "user1@example.com", "password": password}
    )
    token = response.json()["access"]
    tasks = anonymous.get("/api/tasks", headers={"authorization": f"Bearer {token}"}).json()

    assert len(tasks) == 50
    assert {task["completed"] for task in tasks} == {True, False}


def test_it_accepts_a_password(seed_output):
    assert seed_output("--users", "2", "--password", "correct horse").endswith(" correct horse\n")

    assert all(user.check_password("correct horse") for user in User.objects.all())


def test_it_hashes_a_password_once(seed_output, monkeypatch):
    hashed = []
    monkeypatch.setattr(seed, "make_password", lambda password: hashed.append(password) or "!")

    seed_output("--users", "20", "--tasks", "1", "--password", "correct horse")

    assert hashed == ["correct horse"]


def test_it_creates_users_without_a_password(seed_output):
    assert "password" not in seed_output("--no-password")

    assert not User.objects.get().has_usable_password()


def test_its_users_and_tasks_are_valid(seed_output):
    seed_output("--users", "2", "--tasks", "200", "--no-password")

    for row in [*User.objects.all(), *Project.objects.all(), *Task.objects.all()]:
        row.full_clean()


def test_derived_columns_are_the_same_as_from_the_model(seed_output):
    seed_output("--tasks", "500")
    seeded = list(Task.objects.all())
    saved = [
        Task.objects.create(owner=task.owner, title=task.title, created_at=task.created_at)
        for task in seeded
    ]
    for task, twin in zip(seeded, saved, strict=True):
        if task.completed:
            twin.change({"completed": True})

    assert [task.title_key for task in seeded] == [task.title_key for task in saved]
    for task, twin in zip(seeded, saved, strict=True):
        assert task.completed or task.updated_at == task.created_at == twin.updated_at
    assert any(task.title_key != task.title.lower() for task in seeded)  # Hauptstraße
    assert {task.revision for task in seeded} == {1}  # all from one write


def test_its_times_are_in_the_past_and_in_order(seed_output):
    before = timezone.now()
    seed_output("--tasks", "500")

    tasks = Task.objects.filter(created_at__gte=before - timedelta(days=seed.DAYS))
    assert tasks.filter(created_at__gte=F("owner__date_joined")).count() == 500
    done = Q(completed_at__gte=F("created_at"), updated_at=F("completed_at"))
    assert tasks.filter(done | Q(completed_at=None)).count() == 500
    assert not tasks.filter(updated_at__gt=timezone.now()).exists()
    assert not tasks.filter(due_date__lt=F("created_at__date")).exists()


def test_its_tasks_differ(seed_output):
    seed_output("--tasks", "500")
    now = timezone.now()

    assert Task.objects.values("title").distinct().count() > 300
    assert set(Task.objects.values_list("priority", flat=True)) == {0, 1, 2, 3}
    for kind in (
        Task.objects.pending(),
        Task.objects.completed(),
        Task.objects.undated(),
        Task.objects.overdue(now),
        Task.objects.upcoming(now),
        Task.objects.exclude(due_time=None),
        Task.objects.exclude(description=""),
        Task.objects.exclude(parent=None),
        Task.objects.filter(project=None),
        Task.objects.filter(tags=[]),
    ):
        assert 25 < kind.count() < 475


def test_its_subtasks_are_open_and_in_the_project_of_an_open_task(seed_output):
    seed_output("--users", "3", "--tasks", "40", "--no-password")

    below = Task.objects.exclude(parent=None)
    assert below.count() == 15
    assert not below.exclude(owner=F("parent__owner")).exists()
    assert not below.exclude(completed_at=None, parent__completed_at=None).exists()
    assert all(task.project_id == task.parent.project_id for task in below)
    assert [user.projects.count() for user in User.objects.all()] == [3, 3, 3]


def test_a_seed_determines_the_tasks(seed_output):
    seed_output("--seed", "7")
    seed_output("--seed", "7")
    seed_output("--seed", "8")

    first, second, third = (list(created_values(user)) for user in User.objects.order_by("id"))
    assert first == second
    assert first != third


def test_it_keeps_existing_data(seed_output, milk):
    taken = User.objects.create_user("user2@example.com")

    out = seed_output("--users", "2", "--tasks", "3")
    seed_output("--users", "1", "--tasks", "3")

    assert "user1@example.com to user3@example.com" in out
    assert User.objects.filter(email="user4@example.com").exists()
    assert taken.tasks.count() == 0
    assert Task.objects.count() == 10


def test_an_error_rolls_everything_back(seed_output, monkeypatch):
    monkeypatch.setattr(seed, "BATCH", 10)
    make_task = seed.make_task

    def fail_late(*arguments):
        if Task.objects.count() == 20:
            raise DatabaseError
        return make_task(*arguments)

    monkeypatch.setattr(seed, "make_task", fail_late)

    with pytest.raises(DatabaseError):
        seed_output("--tasks", "30")

    assert not User.objects.exists()
    assert not Task.objects.exists()


def test_it_writes_in_batches(seed_output, django_assert_num_queries):
    # A savepoint and its release, the existing addresses, the users; a savepoint and its release,
    # the counter of each user, the projects, the tasks.
    with django_assert_num_queries(13):
        seed_output("--users", "5", "--tasks", "1", "--no-password")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--users", "0"],
        ["--users", "-1"],
        ["--users", "many"],
        ["--users", "1.5"],
        ["--users", "²"],
        ["--tasks", "-1"],
        ["--tasks", ""],
        ["--seed", "x"],
        ["--password", ""],
        ["--password", "correct horse", "--no-password"],
    ],
)
def test_it_rejects_invalid_arguments(seed_output, arguments):
    with pytest.raises(CommandError):
        seed_output(*arguments)

    assert not User.objects.exists()


def test_a_user_may_have_no_task(seed_output):
    assert "Tasks added: 0," in seed_output("--tasks", "0")


def test_a_terminal_shows_the_progress(db, monkeypatch):
    monkeypatch.setattr(seed, "BATCH", 10)
    terminal = io.StringIO()
    terminal.isatty = lambda: True

    call_command("seed", "--tasks", "20", stdout=terminal)

    half, _, whole = terminal.getvalue().split("\n")[0].split("\r")[1:]  # subtasks come last
    assert half == f"[{'#' * 15:30}] 10 of 20 tasks"
    assert whole == f"[{'#' * 30}] 20 of 20 tasks"
