"""A front end of the original design on its own origin, with credentials included."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

PAGE = b'<!DOCTYPE html><html lang="en"><title>Front end</title><script src="/client.js"></script>'
CLIENT = Path(__file__).with_name("original_client.js")


class FrontEnd(BaseHTTPRequestHandler):
    def do_GET(self):
        script = self.path == "/client.js"
        body = CLIENT.read_bytes() if script else PAGE
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if script else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@contextmanager
def front_end(port):
    front_end = ThreadingHTTPServer(("127.0.0.1", port), FrontEnd)
    threading.Thread(target=front_end.serve_forever, daemon=True).start()
    yield front_end.server_port
    front_end.shutdown()
    front_end.server_close()


# The port of the original front end. CORS allows it by default.
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_original_contract_still_works(context, server, host):
    page = context.new_page()

    with front_end(3000) as port:
        page.goto(f"http://{host}:{port}/?api={server.url}")

        assert page.evaluate("journey()") == "done"


def test_another_origin_cannot_read(context, server):
    page = context.new_page()

    with front_end(0) as port:
        page.goto(f"http://127.0.0.1:{port}/?api={server.url}")
        error = page.evaluate("journey().catch((error) => error.message)")

    assert "Failed to fetch" in error
