"""A front end with the real Better Auth in a browser, and this API on another port."""

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import jwt
import pytest

from conftest import PASSWORD, Server

URL = "http://localhost:3000"


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    api = Server(tmp_path_factory.mktemp("project"))
    api.environment |= {
        "BETTER_AUTH_URL": URL,
        "BETTER_AUTH_SECRET": "a secret for this test, which is not used elsewhere",
    }
    api.start()
    yield api
    api.stop()


@pytest.fixture(scope="module", autouse=True)
def front_end(api):
    command = ["node", Path(__file__).parent / "server.js"]
    environment = {"PATH": os.environ["PATH"], "API": api.url}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        yield
        process.terminate()


@pytest.fixture
def visit(chromium):
    """Opens the page in a separate browser. Errors in its console fail the test."""
    contexts, trouble = [], []

    def note(message):
        # A call may be a 4xx.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            trouble.append(message.text)

    def open_page():
        contexts.append(chromium.new_context(base_url=URL))
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        page.on("console", note)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto("/")
        shows(page, "Signed out")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not trouble


def shows(page, text):
    page.get_by_role("status").get_by_text(text, exact=True).wait_for()


def sign(page, button, email):
    page.get_by_label("Name").fill("Dee")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name=button).click()


def add(page, title):
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Add").click()
    page.get_by_role("listitem").filter(has_text=title).wait_for()


def titles(page):
    return page.locator("li").evaluate_all("rows => rows.map(row => row.childNodes[1].data)")


def call(page, method, path, **options):
    """Calls the API from the page. Gives the status, the headers that it may read, and the body."""
    script = """async ([method, path, options]) => {
      const response = await call(method, path, options);
      const body = await response.json().catch(() => null);
      return [response.status, Object.fromEntries(response.headers), body];
    }"""
    return page.evaluate(script, [method, path, options])


def ask(page, method, path, **options):
    return call(page, method, path, **options)[0]


def token(page):
    return page.evaluate("token()")


def mail_to(address):
    with urlopen(f"{URL}/mails") as response:
        return next(mail["url"] for mail in json.load(response) if mail["to"] == address)


def test_a_user_can_sign_up_and_work_on_tasks(visit):
    page = visit()

    sign(page, "Sign up", "dee@example.com")
    shows(page, "0 tasks")
    add(page, "Buy milk")
    add(page, "Buy oats")
    page.get_by_role("checkbox", name="Buy milk is done").check()
    shows(page, "2 tasks")
    page.reload()
    shows(page, "2 tasks")
    assert page.get_by_role("checkbox", name="Buy milk is done").is_checked()
    page.get_by_role("button", name="Delete Buy milk").click()
    shows(page, "1 tasks")
    page.get_by_role("button", name="Sign out").click()
    shows(page, "Signed out")
    sign(page, "Sign in", "dee@example.com")
    shows(page, "1 tasks")

    assert titles(page) == ["Buy oats"]
    assert not page.get_by_role("checkbox", name="Buy oats is done").is_checked()


def sign_up_page(visit, email):
    """The page of a new user."""
    page = visit()
    sign(page, "Sign up", email)
    shows(page, "0 tasks")
    return page


def test_the_front_end_can_use_all_task_endpoints(visit):
    page = sign_up_page(visit, "tasks@example.com")
    key = {"Idempotency-Key": "a"}
    body = {"title": "Buy milk"}

    created, headers, task = call(page, "POST", "/api/tasks", body=body, headers=key)
    url, etag = f"/api/tasks/{task['id']}", headers["etag"]
    assert (created, urlsplit(headers["location"]).path) == (201, url)
    assert call(page, "POST", "/api/tasks", body=body, headers=key)[1]["idempotent-replayed"]
    assert ask(page, "POST", "/api/tasks", body={"title": "Buy oats"}, headers=key) == 422
    assert ask(page, "POST", "/api/tasks", body={"title": ""}) == 400
    assert ask(page, "POST", "/api/tasks", body={"title": "Buy oats"}) == 201
    assert 'rel="next"' in call(page, "GET", "/api/tasks?page_size=1")[1]["link"]
    assert ask(page, "GET", url, headers={"If-None-Match": etag}) == 304
    changed = call(page, "PUT", url, body={"title": "Buy rice"}, headers={"If-Match": etag})
    assert (changed[0], changed[2]["title"]) == (200, "Buy rice")
    assert ask(page, "PATCH", url, body={"priority": "high"}, headers={"If-Match": etag}) == 412
    assert ask(page, "PATCH", url, body={"priority": "high"}) == 200
    assert call(page, "PATCH", f"{url}/complete")[2]["completed"]
    assert call(page, "GET", "/api/tasks/summary")[2]["completed"] == 1
    assert ask(page, "DELETE", url) == 204
    assert ask(page, "GET", url) == 404


def test_the_front_end_can_use_all_account_endpoints(visit):
    page, me = sign_up_page(visit, "profile@example.com"), "/api/auth/me"

    assert ask(page, "PATCH", me, body={"timezone": "Europe/Berlin"}) == 200
    profile = call(page, "GET", me)[2]
    assert (profile["email"], profile["timezone"]) == ("profile@example.com", "Europe/Berlin")
    passwords = {"current_password": PASSWORD, "new_password": "entirely different"}
    assert ask(page, "POST", "/api/auth/password", body=passwords) == 400
    assert ask(page, "POST", "/api/auth/verify", body={"token": token(page)}) == 401
    assert ask(page, "DELETE", me) == 204
    refused, headers, problem = call(page, "GET", "/api/tasks")
    assert (refused, problem["code"]) == (403, "identity_removed")
    assert "x-request-id" in headers


def test_the_front_end_can_use_the_api_s_own_tokens(visit):
    page, me = sign_up_page(visit, "tokens@example.com"), "/api/auth/me"
    account = {"email": "own@example.com", "password": PASSWORD}

    assert ask(page, "POST", "/api/auth/register", body=account) == 201
    pair = call(page, "POST", "/api/auth/login", body=account)[2]
    pair = call(page, "POST", "/api/auth/refresh", body={"refresh": pair["refresh"]})[2]
    own = {"bearer": pair["access"]}
    assert call(page, "GET", me, **own)[2]["email"] == "own@example.com"
    assert ask(page, "POST", "/api/auth/verify", body={"token": pair["access"]}) == 200
    assert ask(page, "POST", "/api/auth/logout", body={"refresh": pair["refresh"]}) == 204
    assert ask(page, "GET", me, **own) == 401
    assert ask(page, "POST", "/api/auth/password/reset", body={"email": "x@example.com"}) == 202


def test_parallel_first_calls_create_one_account(visit):
    page = visit()
    sign(page, "Sign up", "first@example.com")
    shows(page, "0 tasks")
    sign_up = """async () => {
      const bearers = await Promise.all([...Array(8)].map(token));
      const calls = bearers.map(bearer => call("GET", "/api/auth/me", {bearer}));
      const bodies = (await Promise.all(calls)).map(response => response.json());
      return (await Promise.all(bodies)).map(profile => profile.id);
    }"""

    ids = page.evaluate(sign_up)

    assert len(ids) == 8
    assert len(set(ids)) == 1


def test_a_new_key_works_at_once(visit):
    page = visit()
    sign(page, "Sign up", "key@example.com")
    shows(page, "0 tasks")
    old = token(page)

    for title in ("Buy milk", "Buy oats"):
        kid = jwt.get_unverified_header(token(page))["kid"]
        urlopen(f"{URL}/expire").close()
        add(page, title)
        assert jwt.get_unverified_header(token(page))["kid"] != kid

    assert titles(page) == ["Buy milk", "Buy oats"]
    assert ask(page, "GET", "/api/tasks", bearer=old) == 200


def test_signing_out_removes_the_pages_token(visit):
    page = visit()
    sign(page, "Sign up", "out@example.com")
    shows(page, "0 tasks")
    add(page, "Buy milk")
    kept = token(page)

    page.get_by_role("button", name="Sign out").click()
    shows(page, "Signed out")

    assert titles(page) == []
    # The page's old token is valid for 15 minutes, unless the user also logs out of this API.
    assert ask(page, "GET", "/api/tasks", bearer=kept) == 200
    assert ask(page, "POST", "/api/auth/logout/all", bearer=kept) == 204
    assert ask(page, "GET", "/api/tasks", bearer=kept) == 401


def test_an_address_with_an_account_must_be_confirmed(visit, api):
    account = {"email": "here@example.com", "password": "chosen by somebody here"}
    api.call("POST", "/api/auth/register", account)
    access = api.call("POST", "/api/auth/login", account)["access"]
    api.call("POST", "/api/tasks", {"title": "Buy milk"}, token=access)
    page = visit()

    sign(page, "Sign up", "here@example.com")
    shows(page, "Another account has this e-mail address. Confirm it where you sign in.")
    assert titles(page) == []
    assert ask(page, "GET", "/api/tasks", bearer=access) == 200
    page.goto(mail_to("here@example.com"))
    shows(page, "1 tasks")

    assert titles(page) == ["Buy milk"]
    # The address was never confirmed here, so the old password is removed.
    assert ask(page, "GET", "/api/tasks", bearer=access) == 401
    assert ask(page, "POST", "/api/auth/login", body=account) == 401


def test_two_users_work_in_parallel_and_see_their_own_tasks(visit):
    pages = {email: visit() for email in ("ann@example.com", "ben@example.com")}
    for email, page in pages.items():
        sign(page, "Sign up", email)
    for page in pages.values():
        shows(page, "0 tasks")
    work = """email => {
      const titles = [...Array(20).keys()].map(number => `${email} ${number}`);
      const calls = titles.map(title => call("POST", "/api/tasks", {body: {title}}));
      window.statuses = Promise.all(calls).then(all => all.map(response => response.status));
    }"""

    for email, page in pages.items():
        page.evaluate(work, email)

    for email, page in pages.items():
        assert page.evaluate("statuses") == [201] * 20
        page.reload()
        shows(page, "20 tasks")
        assert sorted(titles(page)) == sorted(f"{email} {number}" for number in range(20))


def test_other_data_that_it_signs_is_not_a_token(visit):
    page = visit()
    sign(page, "Sign up", "link@example.com")
    shows(page, "0 tasks")
    (link,) = parse_qs(urlsplit(mail_to("link@example.com")).query)["token"]

    assert jwt.get_unverified_header(link)["alg"] == "HS256"
    assert ask(page, "GET", "/api/tasks", bearer=link) == 401
