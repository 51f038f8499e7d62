import re
import urllib.error
import urllib.request

import pytest

from .conftest import PUBLIC

TOKEN = "a-token-for-the-scraper"


@pytest.fixture(scope="module")
def measured(serving):
    public = {**PUBLIC, "ALLOWED_HOSTS": "todo.example,127.0.0.1"}
    with serving(METRICS_TOKEN=TOKEN, WORKERS="3", THREADS="1", **public) as server:
        yield server


def scrape(server, token=TOKEN):
    request = urllib.request.Request(
        f"{server}/metrics", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request) as response:
        return response.read().decode()


def test_the_page_is_missing_without_a_token(client):
    assert client.get("/metrics").status_code == 404


def test_the_metrics_cover_all_workers(measured, at_once):
    def ask(_):
        with urllib.request.urlopen(f"{measured}/health") as response:
            return response.status

    assert at_once(40, ask) == [200] * 40

    counted = r'^http_request_duration_seconds_count{method="GET",route="/health",status="200"} 40'
    for _ in range(10):  # another worker may answer each time
        assert re.search(counted, scrape(measured), re.MULTILINE)


def test_labels_contain_no_client_data(measured):
    for path in ("/health/made-up-1", "/health?made-up-2"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(urllib.request.Request(measured + path, method="BREW"))
        caught.value.close()

    figures = scrape(measured)
    assert "made-up" not in figures
    assert "BREW" not in figures
    assert 'method="other",route="/health",status="403"} 1' in figures


@pytest.mark.parametrize("token", ["", "another", "\u00e9"])
def test_it_requires_the_token(measured, token):
    with pytest.raises(urllib.error.HTTPError) as caught:
        scrape(measured, token)

    assert caught.value.code == 401
    assert caught.value.read() == b""
    caught.value.close()


def test_requests_succeed_without_the_metrics_folder(client, settings, monkeypatch):
    from todo_project.server import metrics

    def fail(*args, **options):
        raise FileNotFoundError

    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(metrics.DURATION, "labels", fail)

    assert client.get("/health").status_code == 200
