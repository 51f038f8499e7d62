"""Requirements of the OWASP ASVS 5.0, by number. docs/asvs.md lists all of them."""

import re
from datetime import UTC, datetime, timedelta

import jwt
import pyotp
import pytest
from django.conf import settings
from django.contrib.auth.hashers import get_hasher
from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    get_default_password_validators,
    get_password_validators,
)
from django.db import IntegrityError, transaction
from django.urls import get_resolver
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import page_urls
from accounts.mails import reset_tokens
from accounts.models import SecondFactor, SignIn, User
from accounts.tokens import SIGN_INS_OF_A_USER, AccessToken, RefreshToken
from accounts.validators import CONTEXT_WORDS

from .conftest import PASSWORD

REGISTER, LOGIN, REFRESH = "/api/auth/register", "/api/auth/login", "/api/auth/refresh"
ME, CHANGE = "/api/auth/me", "/api/auth/password"
GUIDE = settings.BASE_DIR / "docs" / "authentication.md"


def register(client, password):
    return client.post(REGISTER, {"email": "dee@example.com", "password": password}).status_code


def guide():
    return " ".join(GUIDE.read_text().split())


def test_v6_1_1_the_limits_are_documented():
    for words in ["`THROTTLE_LOGIN`, 10/min", "`THROTTLE_ANON`, 120/min", "no account is locked"]:
        assert words in guide()
    assert (settings.THROTTLE_LOGIN, settings.THROTTLE_ANON) == ("10/min", "120/min")


def test_v6_1_2_the_context_words_are_documented():
    documented = re.search(r"Context words \(([^)]+)\)", guide())[1]

    assert re.findall("`([^`]+)`", documented) == CONTEXT_WORDS


def test_v6_1_3_the_authentication_paths_are_documented():
    for path in ["/api/auth/login", "/api-auth/login/", "/admin/login/"]:
        assert path in guide()


@pytest.mark.parametrize(("password", "status"), [("kR4&zP9", 400), ("kR4&zP9!", 201)])
def test_v6_2_1_a_password_has_8_characters_or_more(anonymous, db, password, status):
    assert register(anonymous, password) == status


def test_v6_2_2_and_3_a_password_is_changed_with_the_current_one(cyd, sign_in, with_token):
    client = with_token(sign_in(cyd)["access"])
    new = {"new_password": "entirely different"}

    assert client.post(CHANGE, new).status_code == 400
    assert client.post(CHANGE, {**new, "current_password": PASSWORD}).status_code == 204


def test_v6_2_4_the_most_common_passwords_are_refused(anonymous, db):
    common = [word for word in CommonPasswordValidator().passwords if len(word) >= 8]

    assert len(common) >= 3000
    assert register(anonymous, "sunshine") == 400
    assert len(get_default_password_validators()) == len(settings.AUTH_PASSWORD_VALIDATORS)
    assert get_password_validators(settings.AUTH_PASSWORD_VALIDATORS)


@pytest.mark.parametrize(
    "password", ["qzvxkwjplm", "QZVXKWJPLM", "   q   z  ", "日本語の合言葉です", "🥛🧀🥛🧀🥛🧀🥛🧀"]
)
def test_v6_2_5_a_password_may_have_any_composition(anonymous, db, password):
    assert register(anonymous, password) == 201


@pytest.mark.parametrize("path", ["/admin/login/", "/api-auth/login/"])
def test_v6_2_6_and_7_password_fields_are_masked_and_allow_paste(client, path):
    page = client.get(path).content.decode()

    (field,) = re.findall("<input[^>]*password[^>]*>", page)
    assert 'type="password"' in field
    assert "onpaste" not in page
    assert 'autocomplete="off"' not in field


@pytest.mark.parametrize("changed", [PASSWORD.strip(), PASSWORD.upper(), PASSWORD[:-1]])
def test_v6_2_8_a_password_is_checked_unchanged(anonymous, cyd, changed):
    assert anonymous.post(LOGIN, {"email": cyd.email, "password": changed}).status_code == 401
    assert anonymous.post(LOGIN, {"email": cyd.email, "password": PASSWORD}).status_code == 200


def test_v6_2_9_all_128_characters_of_a_password_are_checked(anonymous, db):
    password = "correct horse battery staple " * 4 + "123456789012"
    assert (len(password), register(anonymous, password)) == (128, 201)
    login = {"email": "dee@example.com", "password": password}

    assert anonymous.post(LOGIN, login).status_code == 200
    assert anonymous.post(LOGIN, {**login, "password": password[:-1]}).status_code == 401


def test_v6_2_10_a_password_does_not_expire():
    assert not [field.name for field in User._meta.fields if "expire" in field.name]


@pytest.mark.parametrize("password", ["todotodo", "todo-list-admin", "Tasks2026!", "to-do 1234"])
def test_v6_2_11_a_password_of_context_words_is_refused(anonymous, db, password):
    assert register(anonymous, password) == 400


def test_v6_3_1_guessing_is_limited(anonymous, cyd):
    body = {"email": cyd.email, "password": "wrong"}

    assert [anonymous.post(LOGIN, body).status_code for _ in range(11)] == [401] * 10 + [429]


def test_v6_3_2_there_are_no_default_accounts(db):
    assert not User.objects.exists()


def test_v6_3_4_every_authentication_path_is_documented():
    """The guide lists every route that checks a password. All use one backend."""
    routes = [str(pattern.pattern) for pattern in get_resolver().url_patterns]

    assert {route for route in routes if "auth" in route or "admin" in route} == {
        "api/auth/",
        "api-auth/",
        "admin/",
    }
    assert {str(pattern.pattern) for pattern in page_urls.urlpatterns} == {
        "login/",
        "register/",  # creates an account, and cannot log in to an existing one
        "forgotten-password/",
        "reset-password/",
        "verify-email/",
        "password/",  # this and the next two need a session
        "logout/all/",
        "delete-account/",
        "docs-token/",  # needs a session, too
    }
    assert settings.AUTHENTICATION_BACKENDS == ["accounts.backends.LimitedModelBackend"]


def test_v6_4_1_there_are_no_initial_passwords(db):
    assert not User.objects.create_user("dee@example.com").has_usable_password()


def test_v6_4_2_there_are_no_hints_and_no_secret_questions():
    names = " ".join(field.name for field in User._meta.fields)

    assert "hint" not in names
    assert "question" not in names


def test_v6_4_3_a_reset_link_expires_after_an_hour():
    assert settings.PASSWORD_RESET_TIMEOUT == 3600


def test_v6_4_3_a_reset_does_not_bypass_the_second_factor(anonymous, cyd, factor):
    factor.confirmed_at = timezone.now()
    factor.save()
    uid = urlsafe_base64_encode(force_bytes(cyd.pk))
    link = {"uid": uid, "token": reset_tokens.make_token(cyd), "password": "entirely different"}

    assert anonymous.post("/api/auth/password/reset/confirm", link).status_code == 204
    login = anonymous.post(LOGIN, {"email": cyd.email, "password": "entirely different"})
    assert login.json()["code"] == "code_required"


def test_v6_8_1_an_identity_is_an_issuer_and_a_subject(alice, bob):
    alice.identities.create(issuer="https://app.example", subject="u1")
    bob.identities.create(issuer="https://other.example", subject="u1")

    with pytest.raises(IntegrityError), transaction.atomic():
        bob.identities.create(issuer="https://app.example", subject="u1")


def test_v6_8_2_a_token_of_an_identity_provider_is_verified(db, better_auth, with_token):
    head, body, signature = better_auth.token().split(".")
    _, other, _ = better_auth.token(sub="u2").split(".")

    assert with_token(f"{head}.{other}.{signature}").get(ME).status_code == 401
    assert with_token(f"{head}.{body}.{signature}").get(ME).status_code == 200


def test_v6_4_4_a_lost_factor_is_replaced_as_documented():
    assert "staff, who delete the second factor in the admin" in guide()


@pytest.fixture
def factor(cyd):
    """A second factor that is not confirmed yet."""
    return SecondFactor(user=cyd, secret="JBSWY3DPEHPK3PXP" * 2)


def test_v6_5_1_a_code_is_used_once(factor):
    now = timezone.now()
    code = pyotp.TOTP(factor.secret).at(now)

    assert [factor.use_code(code, now) for _ in range(2)] == [True, False]


def test_v6_5_2_to_4_recovery_codes_are_random_and_stored_as_hashes(factor):
    now = timezone.now()
    codes = factor.confirm(pyotp.TOTP(factor.secret).at(now), now)

    assert len({*codes}) == 10
    for code in codes:
        assert re.fullmatch("[A-Z2-7]{6}(-[A-Z2-7]{6}){3}", code)  # 120 bits
        assert code.replace("-", "") not in str(factor.recovery_digests)


def test_v6_5_5_a_code_is_valid_for_one_step_either_way(factor):
    code = pyotp.TOTP(factor.secret).generate_otp(1000)
    seconds = [998 * 30, 1002 * 30]

    for second in seconds:
        assert not factor.use_code(code, datetime.fromtimestamp(second, UTC))
    assert factor.use_code(code, datetime.fromtimestamp(1001 * 30, UTC))


def test_v7_1_3_and_7_6_1_when_federated_access_ends_is_documented():
    page = (settings.BASE_DIR / "docs" / "better_auth.md").read_text()

    assert "signing out of Better Auth | nothing here: its tokens are valid until `exp`" in page


def test_v7_5_1_a_new_address_requires_the_password(cyd, sign_in, with_token):
    client = with_token(sign_in(cyd)["access"])

    for password, status in [("wrong", 400), (PASSWORD, 202)]:
        body = {"email": "new@example.com", "password": password}
        assert client.post("/api/auth/email", body).status_code == status


def test_v7_5_1_removing_the_second_factor_requires_the_password(cyd, factor, sign_in, with_token):
    factor.save()
    client = with_token(sign_in(cyd)["access"])

    for password, status in [("wrong", 400), (PASSWORD, 204)]:
        assert client.delete("/api/auth/totp", {"password": password}).status_code == status


def test_v7_4_3_the_page_of_a_new_second_factor_offers_to_log_out_everywhere(client, cyd, factor):
    factor.save()
    client.force_login(cyd)
    code = {"code": pyotp.TOTP(factor.secret).now()}

    page = client.post("/api/auth/totp/confirm", code, headers={"accept": "text/html"})

    assert '<a href="/api-auth/logout/all/">log out everywhere</a>' in page.content.decode()


def test_v7_6_2_a_token_of_an_identity_provider_creates_no_session(db, better_auth, with_token):
    response = with_token(better_auth.token()).get(ME)

    assert not response.cookies
    assert not SignIn.objects.exists()


def test_v7_1_1_and_2_lifetimes_and_the_limit_of_sign_ins_are_documented():
    assert "15 minutes" in guide()
    assert "14 days" in guide()
    assert "A sign-in ends 90 days after" in guide()
    assert f"{SIGN_INS_OF_A_USER} sign-ins at a time" in guide()
    assert settings.SIGN_IN_LIFETIME.days == 90


def test_v7_2_1_the_server_checks_the_token(anonymous, alice, sign_in):
    body = {"token": sign_in(alice)["access"]}
    SignIn.objects.all().delete()

    assert anonymous.post("/api/auth/verify", body).status_code == 401


def test_v7_2_2_each_login_creates_new_tokens(alice):
    one, other = RefreshToken.for_user(alice), RefreshToken.for_user(alice)

    assert one["jti"] != other["jti"]
    assert one["sid"] != other["sid"]


def test_v7_2_4_logging_in_again_creates_a_new_session(client, cyd):
    form = {"username": cyd.email, "password": PASSWORD}
    client.post("/api-auth/login/", form)
    first = client.cookies["sessionid"].value

    client.post("/api-auth/logout/")
    client.post("/api-auth/login/", form)

    assert client.cookies["sessionid"].value != first


def test_v7_3_1_inactivity_ends_a_sign_in(anonymous, alice, sign_in, ago):
    ago(14 * 24 * 3600 + 10)
    token = sign_in(alice)["refresh"]
    ago(0)

    assert anonymous.post(REFRESH, {"refresh": token}).status_code == 401


def test_v7_3_2_an_active_sign_in_also_ends(alice, ago):
    ago(89 * 24 * 3600)
    token = RefreshToken.for_user(alice)
    SignIn.objects.update(created_at=timezone.now())
    for days in range(80, 0, -10):
        ago(days * 24 * 3600)
        token = token.__class__(str(token), verify=False).rotate()
    ago(0)

    last = RefreshToken(str(token)).rotate()

    assert last.expires_at <= SignIn.objects.get().created_at + settings.SIGN_IN_LIFETIME
    assert last.expires_at - last.current_time <= timedelta(days=1)


def test_v7_4_1_logout_ends_the_sign_in(anonymous, alice, sign_in, with_token):
    pair = sign_in(alice)
    anonymous.post("/api/auth/logout", {"refresh": pair["refresh"]})

    assert with_token(pair["access"]).get(ME).status_code == 401


def test_v7_4_2_disabling_an_account_ends_its_access_at_once(alice, sign_in, with_token, client):
    pair = sign_in(alice)
    client.force_login(alice)
    User.objects.update(is_active=False)

    assert with_token(pair["access"]).get(ME).status_code == 401
    assert client.get(ME).status_code == 401


def test_v7_4_3_a_new_password_ends_every_sign_in(cyd, sign_in, with_token):
    one, other = sign_in(cyd), sign_in(cyd)
    body = {"current_password": PASSWORD, "new_password": "entirely different"}
    with_token(one["access"]).post(CHANGE, body)

    assert with_token(other["access"]).get(ME).status_code == 401


def test_v7_4_4_logout_is_on_every_page(client, cyd):
    User.objects.update(is_staff=True, is_superuser=True)
    client.force_login(cyd)

    for path, logout in [("/api/tasks", "/api-auth/logout/"), ("/admin/", "/admin/logout/")]:
        assert logout in client.get(path, headers={"accept": "text/html"}).content.decode()


def test_v7_4_5_staff_can_end_the_sign_ins_of_a_user(client, cyd, bob, sign_in, with_token):
    pair, other = sign_in(cyd), sign_in(bob)
    client.force_login(User.objects.create_superuser("root@example.com"))
    form = {"action": "sign_out_everywhere", "_selected_action": [cyd.pk], "post": "yes"}

    client.post("/admin/accounts/user/", form)

    assert with_token(pair["access"]).get(ME).status_code == 401
    assert with_token(other["access"]).get(ME).status_code == 200


def test_v9_1_1_a_changed_token_is_refused(anonymous, alice, sign_in):
    head, body, signature = sign_in(alice)["access"].split(".")
    mangled = f"{head}.{body}.{signature[:-2]}{'AA' if signature[-2:] != 'AA' else 'BB'}"

    assert anonymous.post("/api/auth/verify", {"token": mangled}).status_code == 401


def test_v9_1_2_one_algorithm_is_allowed(alice, sign_in):
    assert jwt.get_unverified_header(sign_in(alice)["access"])["alg"] == "HS256"
    assert AccessToken().get_token_backend().algorithm == "HS256"


@pytest.mark.parametrize("header", [{"jku": "https://evil.example"}, {"jwk": {}}, {"kid": "x"}])
def test_v9_1_3_a_key_in_a_token_header_is_ignored(anonymous, alice, header):
    claims = RefreshToken.for_user(alice).access_token.payload
    claims |= {"iss": "todo-api", "aud": "todo-api"}
    key = "a key of the attacker's, named in the header"

    token = jwt.encode(claims, key, "HS256", headers=header)

    assert anonymous.post("/api/auth/verify", {"token": token}).status_code == 401


def test_v9_2_1_an_expired_token_is_refused(anonymous, alice, sign_in, with_token, ago):
    ago(15 * 60 + 10)  # the leeway is 5 seconds
    token = sign_in(alice)["access"]
    ago(0)

    assert with_token(token).get(ME).status_code == 401


def test_v9_2_2_a_refresh_token_is_not_an_access_token(alice, sign_in, with_token):
    assert with_token(sign_in(alice)["refresh"]).get(ME).status_code == 401


def test_v9_2_3_and_4_a_token_for_another_service_is_refused(anonymous, alice):
    claims = RefreshToken.for_user(alice).access_token.payload
    claims |= {"iss": "todo-api", "aud": "another-service"}

    token = jwt.encode(claims, settings.SIMPLE_JWT["SIGNING_KEY"], "HS256")

    assert anonymous.post("/api/auth/verify", {"token": token}).status_code == 401


def test_passwords_are_hashed_with_argon2id_within_19_mib(real_hashes):
    hasher = get_hasher()

    assert (hasher.algorithm, hasher.memory_cost, hasher.time_cost) == ("argon2", 19_456, 2)
