import re

import pytest

from accounts.checks import check_protections


def found(settings, **values):
    for name, value in values.items():
        setattr(settings, name, value)
    return {error.id for error in check_protections(None)}


def test_the_defaults_pass(settings):
    assert found(settings) == set()


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"AUTHENTICATION_BACKENDS": ["django.contrib.auth.backends.ModelBackend"]}, "E001"),
        ({"PUBLIC_URL": "https://todo.example", "THROTTLE_LOGIN": ""}, "E003"),
        ({"PUBLIC_URL": "https://todo.example", "THROTTLE_ANON": ""}, "E003"),
        ({"HOST": "0.0.0.0", "THROTTLE_LOGIN": ""}, "E003"),
        ({"CORS_ALLOWED_ORIGINS": ["null"]}, "E005"),
        ({"ALLOWED_HOSTS": ["todo.example", "*"]}, "E004"),
        ({"CORS_ALLOW_ALL_ORIGINS": True}, "E005"),
        ({"CORS_ALLOWED_ORIGINS": ["*"]}, "E005"),
        ({"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://\w+\.todo\.example"]}, "E006"),
        ({"CORS_ALLOWED_ORIGIN_REGEXES": [re.compile("^https://todo.example")]}, "E006"),
        ({"SECRET_KEY": "x" * 31}, "E007"),
        ({"SIMPLE_JWT": {"SIGNING_KEY": "y" * 31}}, "E007"),
        ({"BETTER_AUTH_SECRET": "z" * 31}, "E007"),
        ({"SECRET_KEY_FALLBACKS": ["x" * 50, "y" * 31]}, "E007"),
        ({"JWT_SIGNING_KEY_PREVIOUS": "z" * 31}, "E007"),
        ({"SECRET_KEY": "x" * 50, "SECRET_KEY_FALLBACKS": ["x" * 50]}, "E008"),
        ({"SECRET_KEY": "x" * 50, "JWT_SIGNING_KEY_PREVIOUS": "x" * 50}, "E008"),
        ({"SECRET_KEY": "x" * 50, "BETTER_AUTH_SECRET": "x" * 50}, "E008"),
        ({"BETTER_AUTH_SECRET": "y" * 50, "SIMPLE_JWT": {"SIGNING_KEY": "y" * 50}}, "E008"),
        ({"BETTER_AUTH_SECRET": "better-auth-secret-12345678901234567890"}, "E010"),
        ({"HOST": "0.0.0.0", "BETTER_AUTH_URL": "http://app.example"}, "E009"),
        ({"HOST": "0.0.0.0", "BETTER_AUTH_URL": "http://192.0.2.1:3000"}, "E009"),
        ({"SECRET_KEY": "x" * 50, "SIMPLE_JWT": {"SIGNING_KEY": "x" * 50}}, "E008"),
    ],
)
def test_a_disabled_protection_is_an_error(settings, values, error):
    assert found(settings, **values) == {f"accounts.{error}"}


def test_the_stock_authentication_class_is_an_error(settings):
    stock = "rest_framework_simplejwt.authentication.JWTAuthentication"
    rest_framework = {**settings.REST_FRAMEWORK, "DEFAULT_AUTHENTICATION_CLASSES": [stock]}

    assert found(settings, REST_FRAMEWORK=rest_framework) == {"accounts.E002"}


def test_an_anchored_pattern_passes(settings):
    assert found(settings, CORS_ALLOWED_ORIGIN_REGEXES=[r"^https://\w+\.todo\.example$"]) == set()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "https://app.example"),
        ("0.0.0.0", "http://localhost:3000"),
        ("0.0.0.0", "http://127.0.0.1:3000"),
        ("0.0.0.0", "http://[::1]:3000"),
        ("127.0.0.1", "http://app.example"),
    ],
)
def test_the_key_url_must_be_https_or_loopback(settings, host, address):
    assert found(settings, HOST=host, BETTER_AUTH_URL=address) == set()
