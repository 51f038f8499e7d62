"""The pages of tasks: what they say, and what they cost."""

import re
from datetime import date, time
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.models import Project
from tasks.due_text import describe_due, is_overdue
from tasks.models import Task
from tasks.querysets import is_overdue as overdue_in_sql

OATS = {
    "_method": "PUT",
    "title": "Buy <b>oats</b>",
    "priority": "high",
    "description": "one\r\ntwo",
    "due_date": "2026-12-01",
    "due_time": "09:30",
}
CELLS = r'<th scope="row">(.*?)</th><td><bdi>(.*?)</bdi></td><td><bdi>(.*?)</bdi></td>'


@pytest.fixture
def page(browser):
    return lambda path: browser.get(path).text


def rows(page):
    return re.findall(r"<a id=t\d+ href=[^>]*><bdi>(.*?)</bdi>", page)


def tabs(page):
    part = re.search(r'<nav class="tabs".*?</nav>', page, re.DOTALL)[0]
    return dict(re.findall(r'>(\w+) <span class="count">([^<]*)</span>', part))


@pytest.mark.parametrize(
    ("day", "clock", "text"),
    [
        (date(2026, 12, 1), None, "today"),
        (date(2026, 12, 2), time(9, 30), "tomorrow, 09:30"),
        (date(2026, 11, 30), None, "yesterday"),
        (date(2026, 12, 4), time(18), "Friday 4 December, 18:00"),
        (date(2026, 12, 8), None, "8 December"),
        (date(2026, 11, 20), None, "20 November"),
        (date(2027, 2, 1), None, "1 February 2027"),
        (None, None, ""),
    ],
)
def test_due_dates_are_in_words(alice, on, day, clock, text):
    on("2026-12-01")
    now = alice.local_time(timezone.now())
    assert describe_due(Task(due_date=day, due_time=clock), now) == text


@pytest.mark.parametrize("clock", [None, time(11, 59), time(12), time(12, 1)])
@pytest.mark.parametrize("day", [date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2), None])
@pytest.mark.parametrize("completed", [False, True])
def test_overdue_means_the_same_as_in_the_filter(alice, add, on, day, clock, completed):
    on("2026-12-01T12:00")
    now = alice.local_time(timezone.now())
    task = add("x", due_date=day, due_time=clock if day else None, completed=completed)

    assert is_overdue(task, now) == Task.objects.filter(overdue_in_sql(now)).exists()


def test_a_row_is_in_words_and_in_the_owners_zone(page, alice, add, home, on):
    on("2026-12-01T23:30")  # already the second in Berlin
    alice.timezone = "Europe/Berlin"
    alice.save()
    task = add(
        "Buy milk",
        due_date="2026-12-02",
        due_time="09:30",
        priority=3,
        project=home,
        tags=["shop", "now"],
        repeat="FREQ=WEEKLY;BYDAY=WE",
    )
    add("Read the label", parent=task, project=home, completed=True)
    add("Pay", parent=task, project=home)

    listed = page("/api/tasks?parent=none")

    for text in (
        "<span>today, 09:30</span>",
        "High priority",
        "<bdi>Home</bdi>",
        "1 of 2 subtasks",
        "every week on Wednesday",
        "next 9 December",
        "<bdi>#shop</bdi><bdi>#now</bdi>",
    ):
        assert text in listed, text


def test_no_value_is_raw(page, add, home):
    add("Buy milk", due_date="2026-12-01", due_time="09:30", priority=3, project=home)

    shown = page("/api/tasks?sort=-due_date").partition('<details class="programs"')[0]
    text = re.sub(r"<[^>]*>", " ", shown)

    assert not re.search(r"09:30:00|-due_date|priority 3|2026-12-01|POST|PUT|PATCH", text)


def test_the_tabs_count_and_keep_the_other_filters(page, add, home, on):
    on("2026-12-01")
    add("late", due_date="2026-11-30", project=home)
    add("now", due_date="2026-12-01", project=home)
    add("done", completed=True, project=home)
    add("elsewhere")
    add("gone", deleted_at="2026-11-30T10:00Z")

    all_of_it, of_home = page("/api/tasks"), page(f"/api/tasks?project={home.pk}&status=pending")

    everywhere = {"All": "4", "Pending": "3", "Today": "1", "Overdue": "1", "Completed": "1"}
    assert tabs(all_of_it) == {**everywhere, "Trash": "1"}
    assert tabs(of_home) == {**everywhere, "All": "3", "Pending": "2", "Trash": "1"}
    assert f'href="/api/tasks?project={home.pk}&amp;due=overdue"' in of_home
    assert f'href="/api/tasks?project={home.pk}&amp;status=pending" aria-current="page"' in of_home


def test_the_count_of_the_trash_has_an_end(page, alice):
    gone = {"owner": alice, "updated_at": alice.date_joined, "deleted_at": alice.date_joined}
    Task.objects.bulk_create(Task(title=f"{n}", position=f"a{n}", **gone) for n in range(101))

    assert tabs(page("/api/tasks"))["Trash"] == "100+"


def test_an_empty_result_offers_to_clear_the_filters(page, milk):
    found, none = page("/api/tasks?search=oats"), page("/api/tasks?sort=title")

    assert "No task matches these filters." in found
    assert "Clear filters" in found
    assert "Clear filters" not in none


def test_a_new_account_has_a_hint(page):
    assert "No tasks yet." in page("/api/tasks")


@pytest.mark.parametrize(
    ("query", "option"),
    [
        ("project=none", ' value="none" selected>No project'),
        ("sort=position", ' value="position" selected>In your own order'),
        ("tag=shop", " selected>shop<"),
        ("priority=low,high", ' value="low,high" selected>Several priorities'),
    ],
)
def test_the_filters_show_what_is_chosen(page, add, query, option):
    add("Buy milk", tags=["shop"])

    listed = page(f"/api/tasks?{query}")

    assert f"<option{option}" in listed
    assert 'value="due_date">By due date' in listed


@pytest.mark.parametrize(
    "path", ["/api/tasks", "/api/tasks/{}", "/api/projects", "/api/trash", "/api/tags"]
)
def test_the_queries_of_a_page_do_not_grow(browser, add, alice, path):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser.get(path.format(first.pk)).status_code == 200
        return len(queries)

    def fill(number):
        project = Project.objects.create(owner=alice, name=f"Project {number}")
        task = add(f"Task {number}", project=project, parent=None, tags=[f"t{number}"])
        add("step", parent=task, project=project, repeat="FREQ=DAILY", due_date="2026-12-01")
        add("gone", deleted_at="2026-11-30T10:00Z", project=project)
        return task

    first = fill(0)
    add("step", parent=first, project=first.project)
    few = count()
    for number in range(1, 6):
        step = add(f"Step {number}", parent=first, project=first.project)
        add("below", parent=step, project=first.project)
        fill(number)

    assert count() == few <= 12


def test_ten_thousand_projects_do_not_make_a_page_heavy(browser, alice, add):
    made = {"owner": alice, "updated_at": alice.date_joined}
    Project.objects.bulk_create(
        Project(name=f"Project {n}", position=f"a{n:05}", **made) for n in range(10_000)
    )
    task = add("Buy milk", project=Project.objects.last())

    for path in ("/api/tasks", f"/api/tasks/{task.pk}", f"/api/tasks?project={task.project_id}"):
        response = browser.get(path)
        assert len(response.content) < 80_000, path
        assert response.text.count("Project 9999") >= 1, path


def test_a_hundred_tasks_fit_in_a_page(browser, alice):
    made = {"owner": alice, "updated_at": alice.date_joined, "due_date": "2026-12-01"}
    Task.objects.bulk_create(
        Task(title=f"A title of a usual length {n}", position=f"a{n}", tags=["a", "b"], **made)
        for n in range(100)
    )

    assert len(browser.get("/api/tasks").content) < 80_000


def test_the_page_of_a_task_has_its_title_and_its_next_dates(page, add, on):
    on("2026-12-01")
    task = add("Bins & <b>paper</b>", due_date="2026-12-01", repeat="FREQ=WEEKLY;BYDAY=TU")

    shown = page(f"/api/tasks/{task.pk}")

    assert "<h1><bdi>Bins &amp; &lt;b&gt;paper&lt;/b&gt;</bdi></h1>" in shown
    assert "8 December · 15 December · 22 December" in shown
    assert '<option value="FREQ=WEEKLY;BYDAY=TU" selected>Every week on Tuesday</option>' in shown


def test_a_subtask_is_added_on_the_page_of_its_parent(send, add, home, page):
    task = add("Buy milk", project=home)
    path = f"/api/tasks/{task.pk}"

    response = send("/api/tasks", title="Pay", parent=task.pk, next=path)

    step = Task.objects.get(title="Pay")
    assert (response["Location"], step.parent, step.project) == (path, task, home)
    assert rows(page(path)) == ["Pay"]


def test_the_fourth_level_offers_no_subtask(page, chain):
    assert "Add subtask" in page(f"/api/tasks/{chain[2].pk}")
    assert "Add subtask" not in page(f"/api/tasks/{chain[3].pk}")


def test_a_stale_edit_shows_both_versions_and_keeps_the_text(send, add, alice_client, home):
    task = add("Buy milk", due_time="09:30", due_date="2026-12-01", description="one\ntwo")
    path = f"/api/tasks/{task.pk}"
    form = {**OATS, "etag": task.etag, "project": home.pk, "tags": "shop, home", "next": path}
    alice_client.patch(path, {"title": "Buy rye", "priority": "low"})

    conflict = send(path, **form)
    versions = re.findall(CELLS, conflict.text)
    fresh = Task.objects.get()
    saved = send(path, **{**form, "etag": fresh.etag})

    assert conflict.status_code == 412
    assert versions == [
        ("Title", "Buy &lt;b&gt;oats&lt;/b&gt;", "Buy rye"),
        ("Priority", "High", "Low"),
        ("Project", "Home", "–"),
        ("Tags", "shop, home", "–"),
    ]
    assert 'value="Buy &lt;b&gt;oats&lt;/b&gt;"' in conflict.text
    assert 'value="shop, home"' in conflict.text
    assert fresh.etag.replace('"', "&quot;") in conflict.text
    assert fresh.title == "Buy rye"
    assert saved.status_code == 303
    assert (Task.objects.get().title, Task.objects.get().priority) == ("Buy <b>oats</b>", 3)


def test_a_stale_edit_of_a_project_shows_both_versions(send, alice_client, home):
    path = f"/api/projects/{home.pk}"
    form = {"_method": "PUT", "etag": home.etag, "next": "/api/projects"}
    form |= {"name": "My <b>house</b>", "color": "", "archived": "true"}
    alice_client.patch(path, {"name": "House", "color": "#3366cc"})

    conflict = send(path, **form)
    fresh = Project.objects.get()
    saved = send(path, **{**form, "etag": fresh.etag})

    assert conflict.status_code == 412
    assert re.findall(CELLS, conflict.text) == [
        ("Name", "My &lt;b&gt;house&lt;/b&gt;", "House"),
        ("Color", "–", "#3366cc"),
        ("Archived", "Yes", "No"),
    ]
    assert 'value="My &lt;b&gt;house&lt;/b&gt;"' in conflict.text
    assert re.search(r'name="archived" aria-describedby="help-archived"\s* checked>', conflict.text)
    assert fresh.etag.replace('"', "&quot;") in conflict.text
    assert (fresh.name, saved.status_code) == ("House", 303)
    assert Project.objects.get().name == "My <b>house</b>"


def test_an_unticked_box_stays_so_in_a_stale_edit(send, alice_client, home):
    path = f"/api/projects/{home.pk}"
    alice_client.patch(path, {"archived": True})

    conflict = send(path, _method="PUT", etag=home.etag, name="Home", archived="false")

    assert "<bdi>No</bdi></td><td><bdi>Yes</bdi>" in conflict.text
    assert " checked" not in conflict.text


def test_a_stale_edit_of_a_deleted_task_is_a_404(send, milk):
    Task.objects.update(deleted_at=milk.created_at)

    response = send(f"/api/tasks/{milk.pk}", _method="PUT", etag='"x"', title="Buy oats")

    assert response.status_code == 404


def test_wrong_input_in_an_edit_keeps_what_was_typed(send, milk):
    path = f"/api/tasks/{milk.pk}"

    response = send(path, _method="PUT", title="Buy oats", due_date="2026-13-01", next=path)

    assert response.status_code == 400
    assert "There is no such date." in response.text
    assert 'value="Buy oats"' in response.text


def test_the_trash_restores_and_deletes_for_good(send, page, add):
    first, second = (add(t, deleted_at="2026-11-30T10:00Z") for t in ("Buy milk", "Buy rye"))

    send(f"/api/tasks/{first.pk}/restore", next="/api/trash")
    send(f"/api/trash/{second.pk}", _method="DELETE", next="/api/trash")

    assert [task.title for task in Task.objects.all()] == ["Buy milk"]
    shown = page("/api/trash")
    assert "“Buy milk” is back." in shown
    assert "Deleted for good." in shown
    assert "The trash is empty." in shown


def test_a_form_changes_and_deletes_a_tag(send, page, add):
    add("Buy milk", tags=["shop", "a/b ?"])

    send("/api/tags/shop", _method="PATCH", name="market", next="/api/tags")
    send("/api/tags/a%2Fb%20%3F", _method="DELETE", next="/api/tags")

    assert Task.objects.get().tags == ["market"]
    shown = page("/api/tags")
    assert "#shop is now #market." in shown
    assert "#a/b ? is deleted." in shown


def test_a_form_archives_a_project_and_takes_it_back(send, page, home):
    path = f"/api/projects/{home.pk}"

    send(path, _method="PUT", name="Home", archived=["false", "true"], next="/api/projects")
    archived = Project.objects.get().archived
    send(path, _method="PUT", name="Home", archived="false", next="/api/projects")

    assert archived
    assert not Project.objects.get().archived
    assert "“Home” is saved." in page("/api/projects")


def test_a_form_deletes_a_project_with_its_tasks(send, home, add):
    add("Buy milk", project=home)

    send(f"/api/projects/{home.pk}?tasks=trash", _method="DELETE", next="/api/projects")

    assert not Project.objects.exists()
    assert Task.objects.get().deleted_at


def test_a_new_task_is_in_the_project_that_is_shown(page, home, work):
    shown = page(f"/api/tasks?project={work.pk}")
    form = re.search(r'<select[^>]*id="field-project".*?</select>', shown, re.DOTALL)[0]

    assert re.findall(r'value="(\d+)"( selected)?', form) == [
        (str(home.pk), ""),
        (str(work.pk), " selected"),
    ]


def test_an_emptied_page_says_so_and_leads_to_the_first(browser, add):
    for title in ("Buy milk", "Buy rye", "Buy oats"):
        add(title)
    first = browser.get("/api/tasks?page_size=1&search=buy").text
    following = unescape(re.search(r'href="([^"]+)" rel="next"', first)[1])
    Task.objects.exclude(title="Buy oats").delete()

    page = browser.get(following).text

    assert "This page is empty now." in page
    assert '<a class="btn btn-default" href="/api/tasks?page_size=1&amp;search=buy">' in page
    assert "No task" not in page
    assert 'rel="prev"' in page


@pytest.mark.parametrize("path", ["/api/trash", "/api/projects"])
def test_an_emptied_page_of_another_list_says_so(browser, alice, path):
    for title in ("Buy milk", "Buy rye"):
        Task.objects.create(owner=alice, title=title, deleted_at=timezone.now())
        Project.objects.create(owner=alice, name=title)
    first = browser.get(f"{path}?page_size=1").text
    following = unescape(re.search(r'href="([^"]+)" rel="next"', first)[1])
    Task.objects.first().delete()
    Project.objects.last().delete()

    page = browser.get(following).text

    assert "This page is empty now." in page
    assert "The trash is empty" not in page
    assert "No projects yet" not in page
    assert 'rel="prev"' in page


def test_a_wrong_filter_stays_in_its_form(browser, milk):
    response = browser.get("/api/tasks?due_after=2026-99-99&search=milk&project=x&sort=title")

    assert response.status_code == 400
    page = response.text
    assert 'name="due_after" value="2026-99-99"' in page
    assert 'name="search" maxlength="200" value="milk"' in page
    assert '<option value="title" selected>' in page
    assert '<details class="more" open>\n    <summary>Filters and order' in page


@pytest.mark.parametrize("project", ["9" * 5000, "٤٢", "\0", "<" * 5000])
def test_any_wrong_project_has_a_page(browser, milk, project):
    response = browser.get("/api/tasks", {"project": project})

    assert response.status_code == 400
    assert len(response.content) < 80_000


@pytest.mark.parametrize("path", ["tasks/summary", "tasks/{}/next", "tasks/{}/completions", "sync"])
def test_a_result_without_a_page_of_its_own_is_open(page, milk, path):
    assert '<details class="programs" open>' in page(f"/api/{path.format(milk.pk)}")


def test_the_result_of_a_form_without_a_page_is_open(send):
    page = send("/api/tasks/preview", due_date="2098-12-01", repeat="FREQ=DAILY").text

    assert '<details class="programs" open>' in page
    assert "2098-12-02" in page


@pytest.mark.parametrize("path", ["/api/tasks", "/api/tasks/{pk}", "/api/projects", "/api/tags"])
def test_a_result_with_a_page_is_folded(page, milk, path):
    assert '<details class="programs">' in page(path.format(pk=milk.pk))


@pytest.mark.parametrize(("path", "form"), [("preview", True), ("bulk", False)])
def test_the_page_of_a_call_mentions_a_form_only_if_it_has_one(browser, path, form):
    page = browser.get(f"/api/tasks/{path}").text

    assert ("Use the form below." in page) == form
    assert ('id="post-object-form"' in page) == form
    assert "not currently supported" not in page
