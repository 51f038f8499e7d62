"""Which lists PostgreSQL plans once for all owners, and which for each value of a filter."""

import itertools

import pytest
from django.db import connection

from accounts.models import User
from accounts.tokens import RefreshToken
from projects.models import Project
from tasks.models import Task

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="the plans are PostgreSQL's"
)


@pytest.fixture
def tokens(db):
    """A token for each of 20 owners of 100 tasks. Two more owners have 1,000 each."""
    owners = [User.objects.create_user(f"owner{n}@example.com") for n in range(22)]
    tasks = (
        Task(owner=owner, title=f"Task {n}", updated_at=owner.date_joined)
        for n in range(1000)
        for owner in (owners if n < 100 else owners[20:])
    )
    Task.objects.bulk_create(tasks, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tasks_task, accounts_user")
    return [str(RefreshToken.for_user(owner).access_token) for owner in owners[:20]]


def test_lists_are_planned_for_all_owners(client, tokens):
    """A plan for one owner seems cheaper than for an average one, but planning takes longer."""
    queries = ["", "?sort=title", "?status=pending&sort=due_date"]
    for token, query in itertools.product(tokens, queries):
        headers = {"authorization": f"Bearer {token}"}
        assert client.get(f"/api/tasks{query}", headers=headers).status_code == 200

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT custom_plans FROM pg_prepared_statements"
            " WHERE statement LIKE '%tasks_task%LIMIT 101' AND generic_plans + custom_plans > 10"
        )
        assert cursor.fetchall() == [(5,)] * len(queries)  # PostgreSQL compares the plans of five


@pytest.mark.parametrize(
    "query", ["project={}", "due=overdue", "due_before=2026-11-30", "tag=home"]
)
def test_a_list_is_planned_for_each_value_of_a_filter(client, tokens, query):
    owner, headers = User.objects.earliest("pk"), {"authorization": f"Bearer {tokens[0]}"}
    project = Project.objects.create(owner=owner, name="Home")
    for _ in range(5):
        response = client.get(f"/api/tasks?{query.format(project.pk)}", headers=headers)
        assert response.status_code == 200

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%tasks_task%101'"
        )
        assert not cursor.fetchall()
