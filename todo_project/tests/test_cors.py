import pytest

FRONTEND = "http://localhost:3000"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_the_front_end_may_send_what_the_api_understands(client, method):
    headers = "authorization, content-type, if-match, if-none-match, idempotency-key"

    response = client.options(
        "/api/tasks/1",
        headers={
            "origin": FRONTEND,
            "access-control-request-method": method,
            "access-control-request-headers": headers,
        },
    )

    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == FRONTEND
    assert method in response["Access-Control-Allow-Methods"]
    assert set(headers.split(", ")) <= set(response["Access-Control-Allow-Headers"].split(", "))


@pytest.mark.parametrize("path", ["/api/tasks", "/api/nothing", "/api/auth/me"])
def test_the_front_end_may_read_the_headers_of_any_answer(anonymous, db, path):
    response = anonymous.get(path, headers={"origin": FRONTEND})

    assert response["Access-Control-Allow-Origin"] == FRONTEND
    exposed = response["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Link", "Location", "Retry-After", "Idempotent-Replayed"} <= set(exposed)
    assert "Access-Control-Allow-Credentials" not in response
    assert "origin" in response["Vary"]


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:3001",
        "https://localhost:3000",
        "http://localhost:3000.evil.example",
        "null",
    ],
)
def test_others_may_not(anonymous, db, origin):
    response = anonymous.get("/api/tasks", headers={"origin": origin})

    assert "Access-Control-Allow-Origin" not in response


def test_pages_beside_the_api_are_nobody_elses(client):
    response = client.get("/admin/login/", headers={"origin": FRONTEND})

    assert "Access-Control-Allow-Origin" not in response
