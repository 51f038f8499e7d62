import pytest

PASSWORD = "correct horse battery"
HOSTILE = [
    "<script>alert('title')</script><img src=x onerror=alert(1)>",
    "javascript:alert(1) {{ 7 * 7 }} {% now 'Y' %}",
    "photo\u202egnp.exe \u2067right\u2069 to left",
    "w" * 200,
]


@pytest.fixture
def ann(server, page):
    """Logs in a new account through the login page, and gives its token."""
    account = {"email": f"ann{id(page)}@example.com", "password": PASSWORD}
    server.call("POST", "/api/auth/register", account)
    page.goto("/api-auth/login/")
    page.get_by_label("E-mail address").fill(account["email"])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    return server.call("POST", "/api/auth/login", account)["access"]


@pytest.fixture
def add(server, ann):
    """Adds a task of Ann and gives its path."""

    def add(title, **members):
        task = server.call("POST", "/api/tasks", {"title": title, **members}, ann)
        return f"/api/tasks/{task['id']}"

    return add


def tasks(page):
    return page.locator(".tasks div > a bdi").all_inner_texts()


def test_a_new_user_can_sign_up_and_complete_a_task(page):
    page.goto("/")
    page.get_by_role("link", name="Sign up").last.click()
    page.get_by_label("E-mail address").fill("newcomer@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Sign up").click()
    form = page.locator("#post-object-form")
    form.get_by_label("Title").fill("Buy milk")
    form.get_by_text("More").click()
    form.get_by_label("Priority").select_option("High")
    form.get_by_label("Due date").fill("2026-12-01")
    form.get_by_role("button", name="Add task").click()
    page.get_by_role("button", name="Complete Buy milk").click()
    page.get_by_role("button", name="Reopen").wait_for()

    assert page.get_by_role("status").get_by_text("“Buy milk” is completed.").is_visible()
    page.get_by_role("link", name="Tasks").click()
    assert tasks(page) == ["Buy milk"]


def test_a_user_can_log_out(page, ann):
    page.get_by_role("button", name="Log out").click()

    assert page.get_by_role("link", name="Log in").first.is_visible()
    assert page.goto("/api/tasks").status == 401


def test_a_wrong_password_shows_an_error_and_allows_another(page, ann):
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("link", name="Log in").first.click()
    page.get_by_label("E-mail address").fill("ann@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()

    assert "correct e-mail address and password" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("E-mail address").input_value() == "ann@example.com"


def test_signing_up_shows_errors_beside_their_fields(page):
    page.goto("/api-auth/register/")
    page.get_by_label("E-mail address").fill("newcomer")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()

    email = page.locator(".form-group", has=page.get_by_label("E-mail address"))
    assert "Enter a valid email address." in email.inner_text()
    assert page.locator(".has-error").count() == 1


def test_a_task_shows_errors_beside_their_fields(page, ann):
    page.get_by_label("Title").fill(" ")
    page.get_by_role("button", name="Add task").click()

    assert page.get_by_label("Title").get_attribute("aria-invalid") == "true"
    assert "may not be blank" in page.locator(".form-group.has-error").inner_text()


def test_filters_offer_the_allowed_values(page, add):
    add("Buy milk", completed=True)
    add("Feed the cat", priority="high")
    page.reload()
    page.get_by_text("Filters and order").click()
    filters = page.get_by_role("search")
    allowed = filters.get_by_label("State").locator("option").all_inner_texts()
    filters.get_by_label("State").select_option("Pending")
    filters.get_by_label("Priority").select_option("High")
    filters.get_by_role("button", name="Show").click()
    page.wait_for_url("**/api/tasks?status=pending&priority=high")

    assert allowed == ["All", "Pending", "Completed"]
    assert tasks(page) == ["Feed the cat"]


def test_a_refused_filter_shows_an_error_and_a_way_out(page, ann):
    page.goto("/api/tasks?due=someday")

    error = page.get_by_role("alert").inner_text()
    assert "due: Must be one of: none, any, today, overdue, upcoming." in error
    page.get_by_role("link", name="Clear filters").click()
    assert page.get_by_text("No tasks yet.").is_visible()


def test_links_lead_to_the_other_pages(page, add):
    for number in range(1, 6):
        add(f"Task {number}")
    page.goto("/api/tasks?page_size=2")
    first = tasks(page)
    page.get_by_role("link", name="Next page").click()
    second = tasks(page)
    page.get_by_role("link", name="Previous page").click()

    assert (first, second) == (["Task 5", "Task 4"], ["Task 3", "Task 2"])
    assert tasks(page) == first


def test_an_edit_keeps_other_fields(page, add):
    page.goto(add("Buy milk", description="Two\nbottles", due_date="2026-12-01", priority="medium"))
    page.get_by_label("Title").fill("Buy oats")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Buy oats").wait_for()
    page.reload()

    assert page.get_by_label("Title").input_value() == "Buy oats"
    assert page.get_by_label("Description").input_value() == "Two\nbottles"
    assert page.get_by_label("Due date").input_value() == "2026-12-01"
    assert page.get_by_label("Priority").input_value() == "medium"


@pytest.mark.parametrize(
    "text", ["two\nlines", "two\r\nlines ", "\n\r\r\n\u2028\x0b\x0c\x01\x85 \n"]
)
def test_saving_without_changes_writes_nothing(page, add, text):
    page.goto(add("Buy  milk\u200b", description=text, due_date="2026-12-01", due_time="10:30:07"))
    etag = page.locator('input[name="etag"]').first
    before = etag.input_value()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("status").get_by_text("Saved.").wait_for()

    assert etag.input_value() == before


def test_a_completed_task_can_be_reopened(page, add):
    page.goto(add("Buy milk", completed=True))
    page.get_by_role("button", name="Reopen").click()

    page.get_by_role("button", name="Complete").wait_for()


def test_a_deleted_task_comes_back(page, add):
    page.goto(add("Buy milk"))
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("“Buy milk” is in the trash.").wait_for()
    assert page.get_by_text("No tasks yet.").is_visible()
    page.get_by_role("button", name="Undo").click()

    page.get_by_text("“Buy milk” is back.").wait_for()
    assert tasks(page) == ["Buy milk"]


def test_a_form_changes_the_profile(page, ann):
    page.goto("/api/auth/me")
    page.get_by_label("Time zone").fill("Mars")
    page.get_by_role("button", name="Save").click()
    page.locator(".has-error", has_text="Must be an IANA time zone").wait_for()
    page.get_by_label("Name").fill("Ann")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("status").get_by_text("Saved.").wait_for()

    assert page.get_by_label("Name").input_value() == "Ann"
    assert page.get_by_label("Time zone").input_value() == "Europe/Berlin"


def test_deleting_an_account_requires_its_password(page, ann):
    page.goto("/api/auth/me")
    page.get_by_role("link", name="delete the account").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Delete the account").click()

    page.get_by_text("Your account and everything in it are deleted.").wait_for()


def test_a_call_without_a_form_accepts_raw_data(page):
    page.goto("/api/auth/register")
    content = page.get_by_label("Content:").input_value()
    body = content.replace('"email": ""', '"email": "raw@example.com"')
    page.get_by_label("Content:").fill(body.replace('"password": ""', f'"password": "{PASSWORD}"'))
    page.get_by_role("button", name="POST").click()

    page.locator("pre", has_text="HTTP 201 Created").wait_for()


@pytest.mark.parametrize("width", [375, 1440])
def test_pages_are_safe_with_hostile_text(page, add, width):
    paths = [add(text, description="\n".join(HOSTILE)) for text in HOSTILE]
    page.set_viewport_size({"width": width, "height": 812})
    for path in ["/api/tasks", *paths]:
        page.goto(path)

        assert fits(page), path
        assert page.locator(".tasks img, .tasks script").count() == 0
    page.goto("/api/tasks")
    assert tasks(page) == HOSTILE[::-1]


PAGES = [
    "/api-auth/register/",
    "/api-auth/login/",
    "/api/tasks",
    "/api/tasks?due=someday",
    "/api/tasks/summary",
    "/api/tasks/999999",
    "/api/auth/me",
    "/api/auth/password",
    "/api/auth/logout/all",
    "/api/auth/email",
    "/api/auth/sign-ins",
    "/api/auth/tokens",
    "/api/auth/totp",
    "/api/auth/totp/confirm",
    "/api/auth/register",
]


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_and_fits_a_phone(page, add, violations, path):
    add("Buy milk", priority="low", due_date="2026-12-01")
    page.goto(path)

    assert page.title().endswith("– Todo API")
    assert violations(page) == []
    page.set_viewport_size({"width": 375, "height": 812})
    assert fits(page)
    assert violations(page) == []


def test_an_anonymous_visitors_page_is_accessible_and_fits_a_phone(page, violations):
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto("/")

    assert fits(page)
    assert violations(page) == []


def test_what_is_folded_is_accessible(page, add, violations):
    add("Buy milk")
    for path in ("/api/tasks", "/api/auth/me", "/api/trash", "/api/projects"):
        page.goto(path)
        for summary in page.locator("summary").all():
            summary.click()

        assert violations(page) == [], path


def test_an_edit_of_an_outdated_page_is_refused(page, add, server):
    path = add("Buy milk")
    page.goto(path)
    other = page.context.new_page()
    other.goto(path)
    other.get_by_label("Title").fill("Buy oats")
    other.get_by_role("button", name="Save").click()
    other.get_by_role("heading", name="Buy oats").wait_for()
    page.get_by_label("Description").fill("Two bottles")
    page.get_by_role("button", name="Save").click()

    page.get_by_text("Somebody has changed this task").wait_for()
    assert page.get_by_role("row", name="Title Buy milk Buy oats").is_visible()
    assert page.get_by_label("Description").input_value() == "Two bottles"
    page.get_by_label("Title").fill("Buy oats")
    page.get_by_role("button", name="Save my version").click()
    page.get_by_role("status").get_by_text("Saved.").wait_for()
    assert page.get_by_label("Description").input_value() == "Two bottles"
