"""Rows that the database rejects from all code: bulk calls, the admin or a shell."""

from datetime import date, time

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError

from tasks.models import Task

CASES = [
    ({"title": ""}, "A title has 1 to 200 characters."),
    ({"title": "x" * 201}, "A title has 1 to 200 characters."),
    ({"description": "x" * 10_001}, "A description has at most 10,000 characters."),
    ({"priority": 4}, "A priority is 0, 1, 2 or 3."),
    ({"due_date": date(1969, 12, 31)}, "A due date is in the years 1970 to 9998."),
    ({"due_date": date(9999, 1, 1)}, "A due date is in the years 1970 to 9998."),
    ({"due_time": time(9, 0)}, "A due time needs a due date."),
    ({"tags": [str(n) for n in range(21)]}, "A task has at most 20 tags."),
]


@pytest.mark.parametrize(("fields", "message"), CASES)
def test_the_database_rejects_invalid_rows(milk, fields, message):
    with pytest.raises(DatabaseError):
        Task.objects.filter(pk=milk.pk).update(**fields)


@pytest.mark.parametrize(("fields", "message"), CASES)
def test_a_form_shows_the_reason(alice, fields, message):
    task = Task(**{"owner": alice, "title": "Buy milk", **fields})

    with pytest.raises(ValidationError) as caught:
        task.validate_constraints()

    assert caught.value.messages == [message]


def test_tasks_are_deleted_with_their_owner(alice, milk):
    alice.delete()

    assert not Task.objects.exists()
