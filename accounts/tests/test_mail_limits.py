from threading import Event

import pytest

from accounts import mails

REGISTER, RESET = "/api/auth/register", "/api/auth/password/reset"


@pytest.fixture
def dead_server(monkeypatch):
    """A mail server that answers only when the event is set."""
    released = Event()
    monkeypatch.setattr(mails, "deliver", lambda *mail: released.wait(10))
    yield released
    released.set()


@pytest.fixture
def outboxes(monkeypatch):
    """Two outboxes with queues of two mails."""
    monkeypatch.setattr(mails.Outbox, "SIZE", 2)
    monkeypatch.setattr(mails, "resets", mails.Outbox("reset"))
    monkeypatch.setattr(mails, "others", mails.Outbox("other"))


def number_sent(mails_of, call):
    return len(mails_of(call)[1])


def test_resets_for_unknown_addresses_do_not_count_as_mails(anonymous, db, mails_of, settings):
    settings.EMAIL_VERIFICATION = "required"
    email = {"email": "dee@example.com"}
    for _ in range(6):
        assert number_sent(mails_of, lambda: anonymous.post(RESET, email)) == 0

    body = {**email, "password": "correct horse battery"}

    assert number_sent(mails_of, lambda: anonymous.post(REGISTER, body)) == 1


def test_each_kind_of_mail_has_a_separate_count(anonymous, cyd, mails_of, settings):
    settings.EMAIL_VERIFICATION = "required"
    body = {"email": cyd.email, "password": "correct horse battery"}
    for _ in range(6):
        mails_of(lambda: anonymous.post(REGISTER, body))

    assert number_sent(mails_of, lambda: anonymous.post(REGISTER, body)) == 0
    assert number_sent(mails_of, lambda: anonymous.post(RESET, body)) == 1


def test_the_queue_for_a_dead_mail_server_is_bounded(
    cyd, outboxes, dead_server, caplog, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            mails.send_password_reset(cyd.email)

    assert caplog.text.count("the queue for the mail server is full") == 1


def test_a_reset_does_not_wait_behind_registrations(
    cyd, outboxes, dead_server, caplog, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(5):
            mails.send_account_exists(cyd)
        assert caplog.text == ""
    assert caplog.text.count("the queue for the mail server is full") == 3

    with django_capture_on_commit_callbacks(execute=True):
        mails.send_password_reset(cyd.email)

    assert caplog.text.count("the queue for the mail server is full") == 3


def test_a_mail_that_is_not_sent_is_not_counted(
    cyd, outboxes, dead_server, django_capture_on_commit_callbacks, caplog
):
    for _ in range(10):
        with django_capture_on_commit_callbacks(execute=True):
            mails.send_password_reset(cyd.email)
    assert "Too many mails to one address" not in caplog.text  # 2 of 5 are counted


@pytest.mark.parametrize("email", ['"x"@example.com', '"\\x"@example.com', '"a b"@example.com'])
def test_a_quoted_spelling_creates_no_second_account(anonymous, db, email):
    response = anonymous.post(REGISTER, {"email": email, "password": "correct horse battery"})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "email"
    assert "without quotes" in response.json()["detail"]
