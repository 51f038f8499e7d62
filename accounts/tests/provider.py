"""The part of Better Auth that a back end sees: a server with public keys, and signed tokens."""

import json
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

DROP = "(left out)"


class Provider:
    """Set `answer` to bytes to send them instead of the keys, or to a function that sends."""

    def __init__(self):
        self.keys, self.published, self.answer, self.reads = {}, {}, None, 0
        self.asked_by = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.rotate()

    def key_set(self, **more):
        return json.dumps({"keys": [*self.published.values()], **more}).encode()

    def handler(provider):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                provider.reads += 1
                provider.asked_by = self.headers["User-Agent"]
                if callable(provider.answer):
                    provider.answer(self, provider)
                    return
                known = self.path == "/api/auth/jwks"
                body = (
                    provider.answer or json.dumps({"keys": [*provider.published.values()]}).encode()
                )
                self.send_response(200 if known else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        return Handler

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=[0.01]).start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()

    def rotate(self, algorithm="EdDSA"):
        """Signs with a new key from now on. Earlier keys stay published."""
        self.kid, self.algorithm = f"key-{len(self.keys)}", algorithm
        self.keys[self.kid] = private_key = new_key(algorithm)
        public = get_default_algorithms()[algorithm].to_jwk(private_key.public_key(), as_dict=True)
        self.published[self.kid] = {**public, "alg": algorithm, "kid": self.kid}

    def claims(self, **changes):
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": self.url,
            "iat": now,
            "exp": now + 900,
            "sub": "u1",
            "id": "u1",
            "name": "Dee",
            "email": "dee@example.com",
            "emailVerified": False,
        }
        changed = {**claims, **changes}
        return {name: value for name, value in changed.items() if value is not DROP}

    def token(self, kid=None, headers=None, **changes):
        headers = {"kid": kid or self.kid, **(headers or {})}
        claims = json.dumps(self.claims(**changes)).encode()  # by hand: PyJWT would check them
        return jwt.PyJWS().encode(claims, self.keys[self.kid], self.algorithm, headers)


def new_key(algorithm):
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm.startswith("ES"):
        curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
        return ec.generate_private_key(curves[algorithm])
    return rsa_key()


@cache
def rsa_key():
    """Shared by all tests, because generating a key is slow."""
    return rsa.generate_private_key(65537, 2048)
