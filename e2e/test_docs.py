import json

import pytest
from playwright.sync_api import expect

PASSWORD = "correct horse battery"


@pytest.fixture
def docs(page):
    page.goto("/docs")
    page.locator(".opblock").first.wait_for()
    return page


def try_out(page, operation, body=None):
    """Opens an operation, sends it and gives the status and the body of the response."""
    block = page.locator(f"#operations-{operation}")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    if body:
        block.locator("textarea.body-param__text").fill(json.dumps(body))
    with page.expect_response(lambda one: one.request.resource_type == "fetch") as answer:
        block.get_by_role("button", name="Execute").click()
    block.locator(".live-responses-table").wait_for()
    return answer.value.status, answer.value.json()


def test_a_reader_can_create_an_account_and_a_task(docs):
    account = {"email": "reader@example.com", "password": PASSWORD}

    assert try_out(docs, "auth-auth_register", account)[0] == 201
    status, tokens = try_out(docs, "auth-auth_login", account)
    assert status == 200
    docs.get_by_role("button", name="Authorize").click()
    dialog = docs.locator(".modal-ux")
    form = dialog.locator("form", has_text="jwtAuth")  # personal tokens have a form of their own
    form.get_by_label("auth-bearer-value").fill(tokens["access"])
    form.get_by_role("button", name="Apply credentials").click()
    form.get_by_role("button", name="Close").click()
    status, task = try_out(docs, "tasks-tasks_create", {"title": "Buy milk"})
    assert (status, task["title"]) == (201, "Buy milk")
    assert try_out(docs, "tasks-tasks_list") == (200, [task])


def test_one_click_authorizes_swagger_ui_for_the_session(page, ann):
    page.goto("/docs")
    page.locator(".opblock").first.wait_for()
    page.get_by_role("button", name=f"Authorize as {ann}").click()
    expect(page.get_by_role("status")).to_have_text("Authorized for 15 minutes.")

    page.context.clear_cookies()  # so that only the token is left
    status, profile = try_out(page, "auth-auth_me_retrieve")

    assert (status, profile["email"]) == (200, ann)
    status, sign_ins = try_out(page, "auth-auth_sign_ins_list")
    assert [one["current"] for one in sign_ins] == [True]
    assert sign_ins[0]["user_agent"].startswith("Swagger UI, ")


def test_an_ended_session_is_told(page, ann):
    page.goto("/docs")
    page.locator(".opblock").first.wait_for()
    page.context.clear_cookies()
    page.get_by_role("button", name=f"Authorize as {ann}").click()

    expect(page.get_by_role("status")).to_contain_text("Your session has ended.")


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_pages_lead_home_and_to_each_other(page, path):
    page.goto(path)
    for name, heading in [("Guide", "First steps"), ("Swagger UI", "First steps")]:
        page.get_by_role("link", name=name, exact=True).click()
        page.get_by_role("heading", name=heading).first.wait_for()
    page.get_by_role("link", name="Todo API", exact=True).click()

    page.wait_for_url("**/api/tasks")


def test_a_call_without_a_token_shows_the_problem(docs):
    status, problem = try_out(docs, "auth-auth_me_retrieve")

    assert (status, problem["code"]) == (401, "not_authenticated")


def test_the_examples_work_unchanged(docs):
    block = docs.locator("#operations-tasks-tasks_create")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()

    assert json.loads(block.locator("textarea.body-param__text").input_value()) == {
        "title": "Buy milk",
        "description": "Two bottles",
        "priority": "medium",
        "due_date": "2026-12-01",
        "due_time": "18:00:00",
        "repeat": "FREQ=WEEKLY;BYDAY=TU",
        "repeat_from": "due",
        "tags": ["errands"],
    }


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_swagger_ui_follows_the_systems_dark_mode(page, scheme, dark):
    page.emulate_media(color_scheme=scheme)
    page.goto("/docs")

    assert page.locator("html.dark-mode").count() == dark


def test_redoc_renders_every_operation(page):
    page.goto("/redoc")
    page.get_by_role("heading", name="Todo API").wait_for()

    for summary in ["Open an account", "List tasks", "Complete or reopen a task"]:
        page.get_by_role("heading", name=summary).wait_for()
    page.get_by_text("API docs by Redocly").wait_for()
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_a_page_fits_a_phone(page, path):
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(path)
    page.get_by_role("heading", name="First steps").wait_for()
    if path == "/docs":
        page.locator("#operations-tasks-tasks_list .opblock-summary-control").click()
        page.locator(".responses-table").wait_for()

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# Excluded are problems of the libraries: the colours of Swagger UI, whose whole page is a widget,
# and code blocks in ReDoc, which scroll but cannot get the keyboard focus.
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("path", "foreign"), [("/docs", "#swagger-ui"), ("/redoc", "redoc pre")])
def test_a_page_is_accessible(page, violations, path, foreign, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(path)
    page.get_by_role("heading", name="First steps").wait_for()

    assert violations(page, {"exclude": [[foreign]]}) == []
