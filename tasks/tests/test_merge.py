"""A stale PATCH with `Prefer: handling=lenient`."""

from datetime import date

import pytest

PREFER = "handling=lenient"


@pytest.fixture
def patch(alice_client, milk):
    def patch(body, etag, path="", prefer=PREFER, method="patch"):
        headers = {"if_match": etag, "prefer": prefer}
        call = getattr(alice_client, method)
        return call(f"/api/tasks/{milk.pk}{path}", body, headers=headers)

    return patch


def test_changes_of_other_members_are_merged(patch, milk):
    stale = milk.etag
    milk.change({"title": "Buy oats"})

    response = patch({"priority": "high"}, stale)

    assert response.status_code == 200
    assert response["Preference-Applied"] == "handling=lenient"
    assert (response.json()["title"], response.json()["priority"]) == ("Buy oats", "high")


def test_a_change_of_the_same_member_is_rejected(patch, milk, alice_client):
    stale = milk.etag
    milk.change({"title": "Buy oats", "priority": 3})
    current = alice_client.get(f"/api/tasks/{milk.pk}").json()

    response = patch({"title": "Buy rye", "description": "x", "priority": "low"}, stale)

    problem = response.json()
    assert response.status_code == 412
    assert problem["code"] == "precondition_failed"
    assert problem["current"] == current
    assert problem["conflicts"] == ["title", "priority"]
    assert "Preference-Applied" not in response
    assert alice_client.get(f"/api/tasks/{milk.pk}").json() == current


def test_a_change_before_the_tag_is_no_conflict(patch, milk):
    milk.change({"title": "Buy oats"})
    stale = milk.etag
    milk.change({"priority": 1})

    assert patch({"title": "Buy rye"}, stale).json()["title"] == "Buy rye"


def test_the_newest_of_several_tags_counts(patch, milk):
    first = milk.etag
    milk.change({"title": "Buy oats"})
    second = milk.etag
    milk.change({"priority": 1})

    assert patch({"title": "Buy rye"}, f"{first}, W/{second}").status_code == 200


def test_completing_a_task_is_merged_too(patch, milk):
    stale = milk.etag
    milk.change({"title": "Buy oats"})

    assert patch({}, stale, "/complete").json()["completed"] is True
    assert patch({}, stale, "/complete").json()["conflicts"] == ["completed"]


@pytest.mark.parametrize(
    ("path", "body"),
    [("/complete", {"completed": True}), ("/complete", {}), ("", {"completed": True})],
)
def test_a_stale_completion_does_not_complete_the_next_occurrence(patch, milk, path, body):
    milk.change({"due_date": date(2030, 1, 1), "repeat": "FREQ=DAILY"})
    stale = milk.etag
    first = patch({"completed": True}, stale, "/complete", prefer="")

    response = patch(body, stale, path)

    assert first.status_code == 200
    assert response.status_code == 412
    assert response.json()["conflicts"] == ["completed"]
    assert response.json()["current"] == first.json()
    milk.refresh_from_db()
    assert (milk.occurrence, str(milk.due_date)) == (2, "2030-01-02")


def test_a_completion_is_refused_when_the_next_occurrence_no_longer_repeats(patch, milk):
    milk.change({"due_date": date(2030, 1, 1), "repeat": "FREQ=DAILY"})
    stale = milk.etag
    milk.change({"completed": True})
    milk.change({"repeat": None})

    assert patch({"completed": True}, stale).json()["conflicts"] == ["completed"]


def test_a_completion_is_merged_with_another_due_date(patch, milk):
    milk.change({"due_date": date(2030, 1, 1), "repeat": "FREQ=DAILY"})
    stale = milk.etag
    milk.change({"due_date": date(2030, 1, 5)})

    response = patch({"completed": True, "occurrence": 1}, stale, "/complete")

    assert (response.status_code, response.json()["due_date"]) == (200, "2030-01-06")


def test_a_retry_with_its_occurrence_changes_nothing(patch, milk):
    milk.change({"due_date": date(2030, 1, 1), "repeat": "FREQ=DAILY"})
    stale, body = milk.etag, {"completed": True, "occurrence": 1}
    first = patch(body, stale, "/complete")

    again = patch(body, stale, "/complete")

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()


def test_a_date_and_its_time_are_two_members(patch, milk):
    stale = milk.etag
    milk.change({"due_date": milk.created_at.date()})
    milk.change({"due_time": milk.created_at.time()})

    response = patch({"due_date": "2026-12-01T18:00:00Z"}, stale)

    assert response.json()["conflicts"] == ["due_date", "due_time"]


def test_a_current_tag_needs_no_merge(patch, milk):
    response = patch({"title": "Buy oats"}, milk.etag)

    assert response.status_code == 200
    assert "Preference-Applied" not in response


@pytest.mark.parametrize("prefer", ["handling=strict", "", "lenient", "handling=strict, " + PREFER])
def test_without_the_preference_a_stale_tag_is_rejected(patch, milk, prefer):
    stale = milk.etag
    milk.change({"title": "Buy oats"})

    response = patch({"priority": "high"}, stale, prefer=prefer)

    assert response.status_code == 412
    assert "current" not in response.json()


@pytest.mark.parametrize(
    "prefer", ['handling="lenient"', "Handling = Lenient", "return=minimal, handling=lenient; x=1"]
)
def test_the_preference_is_parsed_as_in_rfc_7240(patch, milk, prefer):
    stale = milk.etag
    milk.change({"title": "Buy oats"})

    assert patch({"priority": "high"}, stale, prefer=prefer).status_code == 200


@pytest.mark.parametrize("tag", ['"{0}-{1}"', '"{0}-99999999999999999999"', '"1"', '"{2}-1"', '""'])
def test_a_tag_that_is_not_an_earlier_revision_is_rejected(patch, milk, tag):
    milk.change({"title": "Buy oats"})
    header = tag.format(milk.pk, milk.revision + 1, milk.pk + 1)

    assert patch({"priority": "high"}, header).status_code == 412


@pytest.mark.parametrize("method", ["put", "delete"])
def test_other_methods_are_never_merged(patch, milk, method):
    stale = milk.etag
    milk.change({"title": "Buy oats"})

    assert patch({"priority": "high"}, stale, method=method).status_code == 412


def test_an_invalid_body_is_still_rejected(patch, milk):
    stale = milk.etag
    milk.change({"priority": 1})

    assert patch({"title": ""}, stale).status_code == 400
