import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tasks.models import Task


def line(client):
    return client.get("/admin/").context.get("totals")


def test_it_shows_the_totals_with_one_query(staff, alice, milk):
    Task.objects.create(owner=alice, title="Feed the cat", completed=True)

    with CaptureQueriesContext(connection) as queries:
        page = staff.get("/admin/").content.decode()

    assert "Users: 2 · Tasks: 2 · Completed tasks: 1" in page
    assert sum("tasks_task" in one["sql"] for one in queries) == 1
    assert len(queries) == 4  # the session, the user, the totals, the user's latest actions


@pytest.mark.parametrize(
    ("codenames", "seen"),
    [
        ([], {}),
        (["add_task"], {}),
        (["view_user"], {"Users": "2"}),
        (["change_task"], {"Tasks": "1", "Completed tasks": "0"}),
    ],
)
def test_staff_see_totals_only_with_permission(client, milk, codenames, seen):
    user = User.objects.create_user("helper@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)

    assert line(client) == seen


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the estimate is PostgreSQL's")
@pytest.mark.parametrize(
    ("rows", "totals"),
    [
        (1_234_567, {"Tasks": "about 1,235,000", "Completed tasks": "about 0"}),
        (99_999, {"Tasks": "1", "Completed tasks": "0"}),
        (-1, {"Tasks": "1", "Completed tasks": "0"}),
    ],
)
def test_it_estimates_the_size_of_a_large_table(staff, milk, rows, totals):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tasks_task")
        cursor.execute("UPDATE pg_class SET reltuples = %s WHERE relname = 'tasks_task'", [rows])

    assert line(staff) == {"Users": "2", **totals}
