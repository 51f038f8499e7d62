"""Journeys through the pages of tasks: on a phone and a desk, light and dark, by mouse, by
keyboard and without script."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

from conftest import NUMBERS, PASSWORD, log_in, watch

SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1440, "height": 900}}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MOST_BYTES, MOST_REQUESTS = 100_000, 15
HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "w" * 200,
    "photo\u202egnp.exe \u2067right\u2069 to left",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467" * 30,
    "{{ 7 * 7 }} {% now 'Y' %} ${alert(1)} \" onfocus=alert(1) autofocus x=\"",
]


class Session:
    """A new account in a browser with these options. Keeps what went wrong in its pages."""

    def __init__(self, chromium, server, **options):
        self.server, self.trouble = server, []
        self.email = f"person{next(NUMBERS)}@example.com"
        server.call("POST", "/api/auth/register", {"email": self.email, "password": PASSWORD})
        account = {"email": self.email, "password": PASSWORD}
        self.token = server.call("POST", "/api/auth/login", account)["access"]
        self.context = chromium.new_context(base_url=server.url, locale="en-GB", **options)
        self.context.set_default_timeout(20_000)
        self.page = self.context.new_page()
        watch(self.page, server.url, self.trouble)
        log_in(self.page, self.email)
        self.page.wait_for_url("**/api/tasks")

    def call(self, method, path, body=None):
        return self.server.call(method, path, body, self.token)

    def add(self, title, **members):
        return self.call("POST", "/api/tasks", {"title": title, **members})["id"]


@pytest.fixture
def visit(chromium, server):
    sessions = []

    def visit(size="desk", **options):
        session = Session(chromium, server, viewport=SIZES[size], **options)
        sessions.append(session)
        return session

    yield visit
    for session in sessions:
        session.context.close()
        assert not session.trouble


def titles(page):
    return page.locator(".tasks div > a bdi").all_inner_texts()


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def check(page):
    """Fails for anything that axe-core finds by the rules of WCAG 2.2 AA."""
    rules = {"runOnly": {"type": "tag", "values": RULES}}
    found = Axe().run(page, options=rules).response["violations"]
    nodes = [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]
    assert nodes == []
    assert fits(page)


def journey(page, look=lambda page: None):
    """From the first task to an empty trash."""
    for part in (add_two, complete_and_undo, edit, change_several, empty_the_trash):
        part(page, look)


def add_two(page, look):
    add = page.locator("#post-object-form")
    add.get_by_label("Title").fill("Buy milk")
    add.get_by_text("More").click()
    add.get_by_label("Priority").select_option("High")
    add.get_by_label("Due date").fill("2020-02-01")
    add.get_by_label("Tags").fill("shop, home")
    look(page)
    page.get_by_role("button", name="Add task").click()
    page.get_by_text("“Buy milk” is added.").wait_for()
    assert page.locator(".late").inner_text() == "Overdue: 1 February 2020"
    add.get_by_label("Title").fill("Buy rye")
    page.get_by_role("button", name="Add task").click()
    page.get_by_text("“Buy rye” is added.").wait_for()


def complete_and_undo(page, look):
    page.get_by_role("link", name="Overdue 1").click()
    assert titles(page) == ["Buy milk"]
    page.get_by_role("button", name="Complete Buy milk").click()
    page.get_by_text("“Buy milk” is completed.").wait_for()
    assert page.get_by_text("No task matches these filters.").is_visible()  # still "Overdue"
    look(page)
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("link", name="Buy milk").click()


def edit(page, look):
    page.get_by_label("Description").fill("Two bottles")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("status").get_by_text("Saved.").wait_for()
    page.get_by_label("New subtask").fill("Find the bottles")
    page.get_by_role("button", name="Add subtask").click()
    page.get_by_role("heading", name="Subtasks 0 of 1").wait_for()
    look(page)


def change_several(page, look):
    page.get_by_role("link", name="Tasks", exact=True).first.click()
    page.get_by_role("checkbox", name="Buy milk").check()
    page.get_by_role("checkbox", name="Buy rye").check()
    look(page)
    page.get_by_label("Tag for the selected tasks").fill("weekend")
    page.get_by_role("button", name="Add tag").click()
    page.get_by_text("2 tasks are changed.").wait_for()
    page.get_by_role("checkbox", name="Buy milk").check()
    page.get_by_role("checkbox", name="Buy rye").check()


def empty_the_trash(page, look):
    page.get_by_role("button", name="Delete selected").click()
    page.get_by_text("2 tasks are in the trash.").wait_for()
    page.get_by_role("link", name="Trash 3").click()
    look(page)
    page.get_by_role("button", name="Restore Buy milk").click()
    page.get_by_text("“Buy milk” is back.").wait_for()
    page.get_by_text("Empty the trash").click()
    page.get_by_role("button", name="Yes, delete all").click()
    page.get_by_text("The trash is empty.").first.wait_for()
    page.get_by_role("link", name="All 2").click()
    assert titles(page) == ["Find the bottles", "Buy milk"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_a_journey(visit, size, scheme):
    journey(visit(size, color_scheme=scheme).page, check)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_projects_and_tags_are_accessible(visit, size, scheme):
    session = visit(size, color_scheme=scheme)
    page = session.page
    home = {"name": "Home", "color": "#3366cc"}
    project = session.call("POST", "/api/projects", home)["id"]
    session.call("POST", "/api/projects", {"name": "Old", "archived": True})
    session.add("Buy milk", project=project, tags=["shop", "home"])
    projects, tags = ["", "?archived=true", f"/{project}", "?archived=x"], ["", "/shop", "/none"]

    for path in (*(f"projects{one}" for one in projects), *(f"tags{one}" for one in tags)):
        page.goto(f"/api/{path}")
        for summary in page.locator("summary").all():
            summary.click()
        check(page)


@pytest.mark.parametrize("size", SIZES)
def test_an_edit_of_an_outdated_project_shows_both_versions(visit, size):
    session = visit(size, java_script_enabled=False)
    page, path = session.page, session.call("POST", "/api/projects", {"name": "Home"})["id"]
    page.goto(f"/api/projects/{path}")
    session.call("PATCH", f"/api/projects/{path}", {"name": "House"})
    page.get_by_label("Name").fill("My house")
    page.get_by_label("Archived").check()
    page.get_by_role("button", name="Save").click()

    page.get_by_text("Somebody has changed this project").wait_for()
    assert page.get_by_role("row", name="Name My house House").is_visible()
    assert page.get_by_role("row", name="Archived Yes No").is_visible()
    assert page.get_by_label("Archived").is_checked()
    assert fits(page)
    page.get_by_role("button", name="Save my version").click()
    page.get_by_text("“My house” is saved.").wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_the_same_journey_without_script(visit, size):
    journey(visit(size, java_script_enabled=False).page)


def test_a_button_turns_the_shortcut_off(visit):
    page = visit().page
    title = page.get_by_label("Title", exact=True)
    for name, works in (("off", False), ("on", True)):
        page.get_by_role("button", name=f"Turn {name} the key n").click()
        page.reload()
        page.keyboard.press("n")
        assert title.evaluate("one => one === document.activeElement") == works


def test_a_journey_by_keyboard(visit):
    session = visit()
    page = session.page
    session.add("Buy rye")
    page.reload()

    page.keyboard.press("n")
    page.keyboard.type("Run now")  # with the letter n
    page.keyboard.press("Enter")
    page.get_by_text("“Run now” is added.").wait_for()
    move_to(page, "Complete Run now")
    page.keyboard.press("Enter")
    page.get_by_text("“Run now” is completed.").wait_for()
    move_to(page, "Undo")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Complete Run now").wait_for()
    move_to(page, "Buy rye", role="checkbox")
    page.keyboard.press("Space")
    move_to(page, "Delete selected")
    page.keyboard.press("Enter")
    page.get_by_text("“Buy rye” is in the trash.").wait_for()
    assert titles(page) == ["Run now"]


def move_to(page, name, role="button"):
    """Presses Tab until the element has the focus, which must be visible."""
    wanted = page.get_by_role(role, name=name).first
    for _ in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
            return
    raise AssertionError(name)


@pytest.mark.parametrize("size", SIZES)
def test_hostile_text_neither_bends_a_page_nor_runs(visit, size):
    session = visit(size)
    page, parent = session.page, None
    project = session.call("POST", "/api/projects", {"name": HOSTILE[0][:100]})["id"]
    tags = [f"{'w' * 47}{n}" for n in range(20)]
    ids = [session.add(text, description=text, tags=tags, project=project) for text in HOSTILE]
    for _ in range(4):
        parent = session.add("w" * 200, parent=parent)
        ids.append(parent)

    for path in ["/api/tasks", "/api/projects", "/api/tags", f"/api/projects/{project}"]:
        page.goto(path)
        assert fits(page), path
    for pk in ids:
        page.goto(f"/api/tasks/{pk}")
        assert fits(page), pk
        page.get_by_role("button", name="Delete").click()  # and the message
        assert fits(page), pk
        page.get_by_role("button", name="Undo").click()
        page.get_by_text(" is back.").wait_for()
    page.goto("/api/tasks?project=" + str(project))
    assert page.locator("main img, main script").count() == 0
    assert titles(page)[::-1][0] == HOSTILE[0]


def fill(session, text):
    """200 tasks, as many in the trash, and 30 projects, all with this text."""
    for number in range(8):
        tags = [f"{text[:40]} {number}-{n}" for n in range(5)]
        operation = {"op": "create", "data": {"title": text, "tags": tags, "priority": "high"}}
        made = session.call("POST", "/api/tasks/bulk", {"operations": [operation] * 50})["results"]
        if number % 2:
            deletions = [{"op": "delete", "id": one["id"]} for one in made]
            session.call("POST", "/api/tasks/bulk", {"operations": deletions})
    for number in range(30):
        session.call("POST", "/api/projects", {"name": f"{text[:90]} {number}"})


@pytest.mark.parametrize("text", ["A title of a usual length", "w" * 200])
def test_a_page_is_light(visit, text):
    session, sizes = visit(), []
    page = session.page
    one = session.add(text, repeat="FREQ=WEEKLY", due_date="2026-12-01", description=text * 50)
    fill(session, text)
    page.on("response", lambda response: sizes.append(len(response.body())))

    for path in (*(f"/api/{name}" for name in ("tasks", "projects", "tags")), f"/api/tasks/{one}"):
        sizes.clear()
        page.goto(path, wait_until="networkidle")
        assert len(sizes) <= MOST_REQUESTS, path
        assert sum(sizes) < MOST_BYTES, path
    for path in ("/api/tasks?page_size=200", "/api/trash?page_size=200"):
        sizes.clear()
        page.goto(path, wait_until="networkidle")
        assert page.locator(".tasks > li").count() == 200, path
        assert len(sizes) <= MOST_REQUESTS, path
        assert sum(sizes) < MOST_BYTES, path


def test_the_raw_data_shows_the_response(visit):
    session = visit()
    page = session.page
    page.get_by_text("For programs").click()
    page.get_by_label("Content:").fill(json.dumps({"title": "Buy milk"}))
    page.get_by_role("button", name="POST").click()

    page.locator(".raw pre", has_text="HTTP 201 Created").wait_for()
    assert session.call("GET", "/api/tasks")[0]["title"] == "Buy milk"


def test_a_printed_page_has_the_tasks_alone(visit):
    session = visit()
    session.add("Buy milk")
    session.page.reload()
    session.page.emulate_media(media="print")

    assert session.page.locator(".tasks div > a").is_visible()
    for part in ("header", "form.add", ".tabs", ".programs", ".tasks button", ".tasks input"):
        assert not session.page.locator(part).first.is_visible(), part


def test_a_reload_after_adding_adds_nothing(visit):
    page = visit().page
    page.get_by_label("Title").fill("Buy milk")
    page.get_by_role("button", name="Add task").click()
    page.get_by_text("“Buy milk” is added.").wait_for()
    page.reload()

    assert titles(page) == ["Buy milk"]
    assert page.get_by_label("Title").input_value() == ""
