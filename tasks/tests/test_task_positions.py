import pytest

from tasks.models import Task

TASKS = "/api/tasks"


@pytest.fixture
def five(add):
    return [add(title) for title in "ABCDE"]


def walk(client, query="sort=position", between=lambda: None):
    """The titles of all pages. `between` runs after each page."""
    url, found = f"{TASKS}?{query}&page_size=2", []
    while url:
        response = client.get(url)
        found += [task["title"] for task in response.json()]
        links = [one for one in response.get("Link", "").split(", ") if 'rel="next"' in one]
        url = links[0].split(">")[0].removeprefix("<") if links else None
        between()
    return "".join(found)


def move(client, task, **body):
    return client.patch(f"{TASKS}/{task.pk}/position", body)


def test_it_moves_a_task(alice_client, five):
    response = move(alice_client, five[4], after=five[0].pk)

    assert response.status_code == 200
    assert response.json() == alice_client.get(f"{TASKS}/{five[4].pk}").json()
    assert walk(alice_client) == "AEBCD"
    assert walk(alice_client, "sort=-position") == "DCBEA"
    assert response["ETag"] == Task.objects.get(pk=five[4].pk).etag


def test_position_is_read_only(alice_client, five):
    response = alice_client.patch(f"{TASKS}/{five[0].pk}", {"position": "zz"})

    assert response["X-Ignored-Members"] == "position"
    assert walk(alice_client) == "ABCDE"


def test_a_task_in_the_trash_is_no_place(alice_client, five):
    alice_client.delete(f"{TASKS}/{five[1].pk}")

    assert move(alice_client, five[4], after=five[1].pk).status_code == 400
    assert move(alice_client, five[1], after=None).status_code == 404


def test_a_walk_neither_repeats_nor_skips_while_tasks_are_moved(alice_client, five, add):
    moved = [five[0], five[4]]

    def shuffle():
        for one in moved:
            move(alice_client, one, before=five[2].pk)
            move(alice_client, one, after=None)

    found = walk(alice_client, between=shuffle)

    assert [title for title in found if title in "BCD"] == ["B", "C", "D"]


def test_a_stale_move_is_refused(alice_client, five):
    stale = {"if_match": five[0].etag}
    five[0].change({"title": "a"})

    url = f"{TASKS}/{five[0].pk}/position"
    response = alice_client.patch(url, {"before": None}, headers=stale)

    assert response.status_code == 412
    assert walk(alice_client) == "aBCDE"


LENIENT = "handling=lenient"


def test_a_lenient_stale_move_is_refused_after_another_move(alice_client, five):
    url, stale = f"{TASKS}/{five[0].pk}/position", five[0].etag
    moved = alice_client.patch(url, {"after": five[2].pk}).json()

    response = alice_client.patch(
        url, {"after": five[4].pk}, headers={"if_match": stale, "prefer": LENIENT}
    )

    assert response.status_code == 412
    assert response.json()["conflicts"] == ["position"]
    assert response.json()["current"] == moved
    assert walk(alice_client) == "BCADE"


def test_a_lenient_stale_move_is_merged_with_other_changes(alice_client, five):
    url, stale = f"{TASKS}/{five[0].pk}/position", five[0].etag
    five[0].change({"title": "a"})

    response = alice_client.patch(
        url, {"after": five[4].pk}, headers={"if_match": stale, "prefer": LENIENT}
    )

    assert response.status_code == 200
    assert response["Preference-Applied"] == LENIENT
    assert walk(alice_client) == "BCDEa"
