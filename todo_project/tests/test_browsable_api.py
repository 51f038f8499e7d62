import re
from urllib.parse import urlencode

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.models import User
from accounts.tokens import RefreshToken
from tasks.models import Task

PASSWORD = "correct horse battery"


@pytest.fixture
def browser(alice):
    """A client logged in as Alice through the login page, with CSRF checks enabled."""
    alice.set_password(PASSWORD)
    alice.save()
    client = Client(enforce_csrf_checks=True, headers={"accept": "text/html"})
    form = client.get("/api-auth/login/").content.decode()
    client.post(
        "/api-auth/login/?next=/api/tasks",
        {"username": alice.email, "password": PASSWORD, "csrfmiddlewaretoken": csrf_token(form)},
    )
    return client


def csrf_token(page):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]


def page_of(browser, path):
    return browser.get(path).content.decode()


def test_the_root_redirects_to_the_tasks(client):
    assert client.get("/")["Location"] == "/api/tasks"


def test_an_anonymous_visitor_sees_links_to_log_in_and_sign_up(client, db):
    response = client.get("/api/tasks", headers={"accept": "text/html"})

    assert response.status_code == 401
    assert "text/html" in response["Content-Type"]
    assert "/api-auth/login/?next=/api/tasks" in response.content.decode()


def test_a_visitor_sees_their_tasks(browser, milk, bob):
    Task.objects.create(owner=bob, title="Feed the cat")

    page = browser.get("/api/tasks").content.decode()

    assert "Buy milk" in page
    assert "Feed the cat" not in page


def test_a_form_creates_a_task(browser, alice):
    token = csrf_token(browser.get("/api/tasks").content.decode())
    form = {"title": "Buy milk", "priority": "medium", "due_date": "2026-12-01", "due_time": ""}

    response = browser.post("/api/tasks", {**form, "csrfmiddlewaretoken": token})

    task = Task.objects.get()
    assert response.status_code == 201
    assert (task.owner, task.title, task.priority) == (alice, "Buy milk", 2)


def test_a_form_without_the_token_is_refused(browser):
    response = browser.post("/api/tasks", {"title": "Buy milk"})

    assert response.status_code == 403
    assert not Task.objects.exists()


def test_a_form_shows_an_error_beside_its_field(browser):
    token = csrf_token(browser.get("/api/tasks").content.decode())

    response = browser.post("/api/tasks", {"title": " ", "csrfmiddlewaretoken": token})

    assert response.status_code == 400
    assert '<span class="help-block">This field may not be blank.</span>' in (
        response.content.decode()
    )


def test_a_form_with_a_bearer_token_is_refused(anonymous, alice):
    token = RefreshToken.for_user(alice).access_token
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    response = anonymous.post("/api/tasks", {"title": "Buy milk"}, format="multipart")

    assert response.status_code == 415
    assert not Task.objects.exists()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_form_with_a_bearer_token_and_a_session_is_refused(browser, alice, scheme):
    token = RefreshToken.for_user(alice).access_token
    form = {"title": "Buy milk", "csrfmiddlewaretoken": csrf_token(page_of(browser, "/api/tasks"))}

    response = browser.post("/api/tasks", form, headers={"authorization": f"{scheme} {token}"})

    assert response.status_code == 415
    assert not Task.objects.exists()


@pytest.mark.parametrize("credentials", ["Basic b3BlcmF0b3I6c2VjcmV0", "Digest username=x", ""])
def test_forms_work_with_other_credentials(browser, alice, credentials):
    """For example, the proxy may require a password."""
    browser.defaults["HTTP_AUTHORIZATION"] = credentials
    page = page_of(browser, "/api/tasks")

    created = browser.post(
        "/api/tasks", {"title": "Buy milk", "csrfmiddlewaretoken": csrf_token(page)}
    )
    forged = browser.post("/api/tasks", {"title": "Buy oats"})

    assert (created.status_code, forged.status_code) == (201, 403)
    assert alice.tasks.get().title == "Buy milk"


def test_empty_controls_of_a_filter_form_are_ignored(browser, milk):
    response = browser.get(
        "/api/tasks?status=pending&sort=&priority=&due=&due_after=&due_before=&completed_after="
    )

    assert response.status_code == 200
    assert "Buy milk" in response.content.decode()


@pytest.mark.parametrize("path", ["/api/tasks/summary", "/api/auth/me", "/api/tasks/999"])
def test_every_page_renders(browser, path):
    response = browser.get(path)

    assert response.status_code == (404 if "999" in path else 200)
    assert "text/html" in response["Content-Type"]


def test_a_task_has_a_page(browser, milk):
    page = browser.get(f"/api/tasks/{milk.pk}").content.decode()

    assert 'value="Buy milk"' in page  # the form to edit it


def test_logging_out_ends_the_session(browser):
    token = csrf_token(browser.get("/api/tasks").content.decode())

    browser.post("/api-auth/logout/", {"csrfmiddlewaretoken": token})

    assert browser.get("/api/tasks").status_code == 401


def test_the_login_page_does_not_truncate_passwords(client):
    page = client.get("/api-auth/login/").content.decode()

    assert re.findall('maxlength="([0-9]+)"', page) == ["254", "50"]  # the address, the code


def test_the_login_page_refuses_a_wrong_password(client, alice):
    response = client.post("/api-auth/login/", {"username": alice.email, "password": "wrong"})

    assert response.status_code == 200
    assert User.objects.get().last_login is None


def test_a_button_logs_out(client, alice):
    client.force_login(alice)
    page = client.get("/api/tasks", headers={"accept": "text/html"}).content.decode()

    action = re.search(r'<form[^>]+method="post" action="(/api-auth/logout/[^"]*)"', page)[1]
    client.post(action)

    assert client.get("/api/tasks").status_code == 401


def test_a_form_has_the_stored_values(browser, alice):
    task = Task.objects.create(owner=alice, title="Buy milk", due_date="2026-12-01", priority=2)

    page = browser.get(f"/api/tasks/{task.pk}").content.decode()

    assert 'value="2026-12-01"' in page
    assert '<option value="medium" selected>Medium' in page


def test_a_refused_password_is_not_in_the_page(browser):
    token = csrf_token(browser.get("/api/auth/email").content.decode())
    form = {"current_password": "wrong horse", "new_password": "a longer horse"}

    response = browser.post("/api/auth/password", {**form, "csrfmiddlewaretoken": token})

    assert response.status_code == 400
    assert "horse" not in response.content.decode()


@pytest.mark.parametrize("query", ["due=someday", "unknown=1", "cursor=x"])
def test_a_refused_list_still_has_its_filters(browser, query):
    response = browser.get(f"/api/tasks?{query}")

    assert response.status_code == 400
    assert 'role="search"' in response.content.decode()
    assert '<a class="btn btn-default" href="/api/tasks">Clear filters</a>' in response.text


@pytest.mark.parametrize("path", ["/api/auth/me", "/api/auth/register", "/api/tasks/summary"])
def test_a_refusal_without_filters_renders(browser, path):
    response = browser.get(f"{path}?unknown=1")

    assert response.status_code in (400, 405)
    assert "text/html" in response["Content-Type"]


def test_a_page_of_a_list_links_to_the_next(browser, alice):
    for title in ["Buy milk", "Feed the cat"]:
        Task.objects.create(owner=alice, title=title)

    page = browser.get("/api/tasks?page_size=1").content.decode()

    assert re.search(r'href="[^"]+cursor=[^"]+" rel="next"', page)
    assert 'rel="prev"' not in page


def test_a_missing_task_has_no_forms(browser, milk):
    page = browser.get("/api/tasks/999").content.decode()

    assert page.count("<form") == 1  # to log out


def test_pages_have_readable_names_and_options_keep_theirs(browser, alice_client, milk):
    page = browser.get(f"/api/tasks/{milk.pk}").content.decode()

    assert "<title>Buy milk – Todo API</title>" in page
    assert '<a href="/api/tasks">Tasks</a> ›' in page
    assert alice_client.options("/api/tasks").json()["name"] == "Task List"


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "application/x-www-form-urlencoded"]
)
def test_a_form_keeps_line_breaks(client, alice, content_type):
    client.force_login(alice)
    form = {"title": "Buy milk", "description": "Two\r\nbottles"}
    if content_type == "multipart/form-data":
        client.post("/api/tasks", form)
    else:
        client.post("/api/tasks", urlencode(form), content_type=content_type)

    assert Task.objects.get().description == "Two\nbottles"


@pytest.mark.parametrize("text", ["", "two\nlines", "two\r\nlines ", "\ra\r\n\nb\r"])
@pytest.mark.parametrize("form_type", [MULTIPART_CONTENT, "application/x-www-form-urlencoded"])
def test_saving_without_changes_writes_nothing(client, alice, text, form_type):
    client.force_login(alice)
    task = Task.objects.create(owner=alice, title="Buy milk", description=text)
    before = Task.objects.values().get()
    form = {"title": task.title, "description": re.sub("\r\n|\r|\n", "\r\n", text), "priority": ""}
    body = encode_multipart(BOUNDARY, form) if "multipart" in form_type else urlencode(form)

    response = client.put(f"/api/tasks/{task.pk}", body, content_type=form_type)

    assert response.status_code == 200
    assert response.json()["description"] == text
    assert Task.objects.values().get() == before


@pytest.mark.parametrize("path", ["/api-auth/login/", "/api-auth/register/", "/admin/login/"])
def test_an_expired_form_links_to_its_page(db, path):
    response = Client(enforce_csrf_checks=True).post(path, {})

    page = response.content.decode()
    assert response.status_code == 403
    assert "This form has expired" in page
    assert f'href="{path}"' in page


@pytest.mark.parametrize("title", ["\u202e", "\u2066\u2069", "\u200b"])
def test_a_task_with_an_invisible_title_has_a_link(client, alice, title):
    task = Task.objects.create(owner=alice, title=title)
    client.force_login(alice)

    page = client.get("/api/tasks", headers={"accept": "text/html"}).content.decode()

    assert f"href=/api/tasks/{task.pk}><bdi>Task {task.pk}</bdi>" in page
    assert str(task) == f"Task {task.pk}"


def test_an_edit_does_not_overwrite_a_concurrent_change(client, alice, alice_client):
    client.force_login(alice)
    path = f"/api/tasks/{Task.objects.create(owner=alice, title='Buy milk').pk}"
    form = client.get(path, headers={"accept": "text/html"}).content.decode()
    (etag,) = re.findall('name="etag" value="&quot;(.*)&quot;"', form)
    edit = urlencode({"etag": f'"{etag}"', "title": "Buy milk", "description": "Two bottles"})
    form_type = "application/x-www-form-urlencoded"

    assert client.put(path, edit, content_type=form_type).status_code == 200
    alice_client.patch(path, {"title": "Buy oats"})
    response = client.put(path, edit, content_type=form_type, headers={"accept": "text/html"})

    assert response.status_code == 412
    assert "Somebody has changed this task after you opened it" in response.content.decode()
    assert Task.objects.get().title == "Buy oats"


def test_a_file_sent_as_etag_is_a_412(client, alice, milk):
    client.force_login(alice)
    body = encode_multipart(BOUNDARY, {"title": "Buy oats", "etag": ContentFile("x", "x")})

    response = client.put(f"/api/tasks/{milk.pk}", body, content_type=MULTIPART_CONTENT)

    assert response.status_code == 412


@pytest.fixture
def long_tasks(alice):
    """A page of tasks. HTML makes their descriptions four times as long."""
    task = {"owner": alice, "description": "<" * 10_000, "updated_at": alice.date_joined}
    Task.objects.bulk_create(Task(title=f"Task {n}", **task) for n in range(200))


def test_a_list_page_does_not_contain_all_descriptions(client, alice, long_tasks):
    client.force_login(alice)

    page = client.get("/api/tasks?page_size=200", headers={"accept": "text/html"})
    data = client.get("/api/tasks?page_size=200")

    assert len(page.content) < 85_000
    assert "The rest is omitted. Request application/json." in page.content.decode()
    assert page.content.count(b"name=complete ") == 200  # each task has a button
    assert {len(task["description"]) for task in data.json()} == {10_000}


@pytest.mark.parametrize("name", ["title", "priority"])
def test_a_page_does_not_repeat_a_long_value(browser, name):
    token = csrf_token(browser.get("/api/tasks").content.decode())
    form = {"title": "Buy milk", name: "<" * 1_000_000, "csrfmiddlewaretoken": token}

    response = browser.post("/api/tasks", form)

    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    assert len(response.content) < 50_000


def test_the_form_of_a_task_without_a_priority_chooses_none(client, alice, milk):
    client.force_login(alice)

    page = client.get(f"/api/tasks/{milk.pk}", HTTP_ACCEPT="text/html").content.decode()

    options = re.search(r'<select[^>]*name="priority".*?</select>', page, re.DOTALL)[0]
    assert re.findall(r'value="(\w*)"( selected)?', options) == [
        ("", ""),
        ("low", ""),
        ("medium", ""),
        ("high", ""),
    ]
