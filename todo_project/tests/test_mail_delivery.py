"""Mails sent by a real server over SMTP."""

import json
import socket
import socketserver
import threading
import time
import urllib.request
from email import message_from_bytes, policy

import pytest


class Sink(socketserver.StreamRequestHandler):
    """The part of RFC 5321 that is needed to receive a mail."""

    def handle(self):
        self.reply(220)
        for line in self.rfile:
            command = line[:4].upper().strip()
            self.reply({b"QUIT": 221, b"DATA": 354}.get(command, 250))
            if command == b"DATA":
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
                self.reply(250)
            elif command == b"QUIT":
                return

    def reply(self, code):
        self.wfile.write(b"%d ok\r\n" % code)


@pytest.fixture
def smtp():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sink) as server:
        server.mails = []
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def post(address, path, **body):
    request = urllib.request.Request(
        f"{address}/api/auth/{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.status


def test_a_mail_arrives_and_its_link_works(serving, smtp):
    url = f"smtp://127.0.0.1:{smtp.server_address[1]}"
    with serving(EMAIL_URL=url, EMAIL_VERIFICATION="required") as address:
        account = {"email": "ann@example.com", "password": "correct horse battery"}
        assert post(address, "register", **account, name="Ann") == 202
        until(lambda: smtp.mails)

        (mail,) = smtp.mails
        text = mail.get_body(("plain",)).get_content()
        secret = text.split("verify-email#uid=")[1].split()[0]
        uid, token = secret.split("&token=")

        assert (mail["To"], mail["Subject"]) == ("ann@example.com", "Confirm your e-mail address")
        assert mail["From"] == "no-reply@localhost"
        assert secret.replace("&", "&amp;") in mail.get_body(("html",)).get_content()
        assert (
            post(address, "email/verify", uid=uid, token=token, password=account["password"]) == 204
        )
        assert post(address, "login", **account) == 200


def test_no_request_waits_for_a_silent_mail_server(serving):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with serving(EMAIL_URL=url) as address:
            post(address, "register", email="ann@example.com", password="correct horse battery")

            assert post(address, "password/reset", email="ann@example.com") == 202

            sender, _ = silent.accept()
            sender.setblocking(False)
            with sender, pytest.raises(BlockingIOError):
                sender.recv(1)  # the sender is connected and still waits


def until(condition, seconds=20):
    for _ in range(seconds * 10):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("It did not happen.")
