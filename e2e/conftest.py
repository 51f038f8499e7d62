"""A server in a copy of the project, and a browser for tests of its pages."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SCREENSHOTS = Path(__file__).parent / "screenshots"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PASSWORD = "correct horse battery"
NUMBERS = count(1)


class Server:
    """A server with a separate folder for the database and the keys."""

    def __init__(self, folder):
        self.log = (folder / "log").open("ab")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.folder, self.port, self.url = folder, port, f"http://127.0.0.1:{port}"
        self.environment = {"PATH": os.environ["PATH"], "ENV_FILE": "/dev/null", "WORKERS": "1"}
        self.environment["VAR_DIR"] = str(folder)

    def manage(self, *arguments, **environment):
        """Runs a management command, such as `seed`."""
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environment, **environment},
            stdout=self.log,
            stderr=self.log,
        )

    def start(self):
        self.process = self.manage("serve", "--migrate", PORT=str(self.port))
        deadline = time.monotonic() + 60
        while not self.answers():
            ended = self.process.poll() is not None or time.monotonic() > deadline
            assert not ended, (self.folder / "log").read_text()
            time.sleep(0.1)

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.log.close()

    def call(self, method, path, body=None, token=""):
        """Calls the API, to arrange a test."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode()
        with urlopen(Request(self.url + path, data, headers, method=method), timeout=10) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("project"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(chromium, server):
    context = chromium.new_context(
        base_url=server.url, viewport={"width": 1440, "height": 900}, locale="en-GB"
    )
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(request, context, server):
    """A page that fails its test on console and script errors, dialogs, failed loads and requests
    to another host. Saves a screenshot of a failure."""
    page, trouble = context.new_page(), []
    watch(page, server.url, trouble)
    yield page
    if trouble or request.node.failed:
        SCREENSHOTS.mkdir(exist_ok=True)
        file_name = re.sub(r"\W+", "-", request.node.name)
        page.screenshot(path=SCREENSHOTS / f"{file_name}.png", full_page=True)
    assert not trouble


def watch(page, url, trouble):
    def see_message(message):
        # A page or a call may be a 4xx. Other failed loads are detected below.
        refused = message.text.startswith("Failed to load resource")
        if message.type == "error" and not refused:
            trouble.append(message.text)
        if refused and message.location["url"].endswith("favicon.ico"):  # has no event
            trouble.append(message.text)

    def see_request(request):
        if not request.url.startswith((f"{url}/", "data:", "blob:")):
            trouble.append(f"another host: {request.url}")

    def see_response(response):
        if response.status >= 400 and response.request.resource_type not in (
            "document",
            "fetch",
            "xhr",
        ):
            trouble.append(f"{response.status}: {response.url}")

    def see_dialog(dialog):
        trouble.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", see_message)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", see_request)
    page.on("response", see_response)
    page.on("dialog", see_dialog)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    item.failed = getattr(item, "failed", False) or report.failed
    return report


@pytest.fixture
def violations():
    """The serious violations that axe-core finds in a page, or in a part given by a selector."""

    def find(page, part=None):
        found = Axe().run(page, part).response["violations"]
        return [
            f"{one['id']}: {node['html']}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    return find


@pytest.fixture
def ann(server, page):
    """The address of a new account that is logged in in the page."""
    email = f"account{next(NUMBERS)}@example.com"
    server.call("POST", "/api/auth/register", {"email": email, "password": PASSWORD})
    log_in(page, email)
    page.wait_for_url("**/api/tasks")
    return email


def log_in(page, email, code="", path="/api-auth/login/"):
    page.goto(path)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Log in").click()


def open_from_profile(page, link):
    page.goto("/api/auth/me")
    page.get_by_role("link", name=link).click()
