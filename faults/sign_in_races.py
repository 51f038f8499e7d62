"""Parallel refreshes, registrations, logins with one code, and changes of addresses."""

from faults.crew import Crew  # sets up Django, so import it first

# isort: split

from collections import Counter
from typing import Any

import pyotp
from django.conf import settings
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from rest_framework.test import APIClient
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts import hashers, mails
from accounts.models import SecondFactor, SignIn, User
from accounts.second_factor import clean, digest, make_recovery_code
from accounts.tokens import RefreshToken

PASSWORD = "correct horse battery"
VERIFY = "/api/auth/email/verify"


def allow_parallel_hashes(crew: Crew) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.THROTTLE_ANON = settings.THROTTLE_LOGIN = ""
    hashers.slots = hashers.Slots(crew.size)


def anonymous_clients(crew: Crew) -> list[APIClient]:
    return [APIClient() for _ in range(crew.size)]


def refreshes(crew: Crew, rounds: int) -> Counter[str]:
    """Exactly one of several parallel refreshes of a token succeeds; the sign-in stays valid."""
    token: Any = RefreshToken.for_user(User.objects.create_user("refresh@example.com"))
    seen: Counter[str] = Counter()
    for _ in range(rounds):
        encoded = str(token)

        def rotate(n: int, encoded: str = encoded) -> RefreshToken:
            return RefreshToken(encoded).rotate()

        results = crew.together(rotate)
        won = [one for one in results if isinstance(one, RefreshToken)]
        refused = [one for one in results if isinstance(one, InvalidToken)]
        assert len(won) == 1, results
        assert len(refused) == crew.size - 1, results
        seen.update(succeeded=len(won), refused=len(refused))
        (token,) = won
    assert SignIn.objects.count() == 1
    return seen


def registrations(crew: Crew, rounds: int) -> Counter[str]:
    """Exactly one of several parallel registrations of an address creates an account."""
    allow_parallel_hashes(crew)
    spellings = [
        "ann{}@example.com",
        "ANN{}@example.com",
        "Ann{}@Example.com",
        " ann{}@EXAMPLE.com",
    ]
    clients = anonymous_clients(crew)
    seen: Counter[str] = Counter()
    for number in range(rounds):

        def register(n: int, number: int = number) -> int:
            email = spellings[n % len(spellings)].format(number)
            body = {"email": email, "password": PASSWORD}
            return clients[n].post("/api/auth/register", body).status_code

        statuses = crew.together(register)
        assert statuses.count(201) == 1, statuses
        assert set(statuses) <= {201, 400, 409}, statuses
        seen.update(str(status) for status in statuses)
    assert User.objects.filter(email__startswith="ann").count() == rounds
    return seen


def codes(crew: Crew, rounds: int) -> Counter[str]:
    """Exactly one of several parallel logins with a code of an app succeeds."""
    factor = make_factor(crew, "codes@example.com")
    seen: Counter[str] = Counter()
    for _ in range(rounds):
        factor.secret, factor.last_step = pyotp.random_base32(), 0
        factor.save()
        code = pyotp.TOTP(factor.secret).at(timezone.now())
        seen += logins(crew, factor.user.email, [code, f"{code[:3]} {code[3:]}"])
    return seen


def recovery_codes(crew: Crew, rounds: int) -> Counter[str]:
    """Exactly one of several parallel logins with a recovery code succeeds. No other is lost."""
    factor = make_factor(crew, "recovery@example.com")
    seen: Counter[str] = Counter()
    for _ in range(rounds):
        code, *others = (make_recovery_code() for _ in range(10))
        kept = [digest(clean(other)) for other in others]
        factor.recovery_digests = [digest(clean(code)), *kept]
        factor.save()
        seen += logins(crew, factor.user.email, [code, code.lower().replace("-", " ")])
        factor.refresh_from_db()
        assert factor.recovery_digests == kept
    return seen


def make_factor(crew: Crew, email: str) -> SecondFactor:
    allow_parallel_hashes(crew)
    user = User.objects.create_user(email, PASSWORD)
    now, secret = timezone.now(), pyotp.random_base32()
    return SecondFactor.objects.create(user=user, secret=secret, confirmed_at=now)


def logins(crew: Crew, email: str, spellings: list[str]) -> Counter[str]:
    """Logs in with the same code, spelled in these ways."""
    clients = anonymous_clients(crew)

    def log_in(n: int) -> Any:
        body = {"email": email, "password": PASSWORD, "code": spellings[n % len(spellings)]}
        return clients[n].post("/api/auth/login", body)

    answers = crew.together(log_in)
    refused = [one.json()["code"] for one in answers if one.status_code == 401]
    assert refused == ["invalid_code"] * (crew.size - 1), [one.content for one in answers]
    (succeeded,) = (one for one in answers if one.status_code != 401)
    assert succeeded.status_code == 200, succeeded.content
    return Counter(succeeded=1, refused=len(refused))


def link_of(user: User, email: str) -> dict[str, str]:
    """What a link to the new address contains."""
    User.objects.filter(pk=user.pk).update(new_email=email)
    user.refresh_from_db()
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return {"uid": uid, "token": mails.change_tokens.make_token(user)}


def changes(crew: Crew, rounds: int) -> Counter[str]:
    """Of two users who change to one address in parallel, exactly one gets it."""
    users = [User.objects.create_user(f"change{number}@example.com") for number in range(2)]
    clients = anonymous_clients(crew)
    seen: Counter[str] = Counter()
    for number in range(rounds):
        email = f"changed{number}@example.com"
        links = [link_of(user, email) for user in users]

        def verify(n: int, links: list[dict[str, str]] = links) -> int:
            return clients[n].post(VERIFY, links[n % 2]).status_code

        statuses = crew.together(verify)
        seen += check_owner(email, statuses)
        for user in users:  # only the winner's address changed
            before, changed = user.email, user.pk == User.objects.get(email=email).pk
            user.refresh_from_db()
            assert user.email == (email if changed else before)
    return seen


def claims(crew: Crew, rounds: int) -> Counter[str]:
    """Of a change and registrations of one address, exactly one gets it.

    Every second round requires that addresses are confirmed.
    """
    allow_parallel_hashes(crew)
    user = User.objects.create_user("claim@example.com")
    clients = anonymous_clients(crew)
    seen: Counter[str] = Counter()
    for number in range(rounds):
        settings.EMAIL_VERIFICATION = ["none", "required"][number % 2]
        email = f"claimed{number}@example.com"
        link, account = link_of(user, email), {"email": email, "password": PASSWORD}

        def claim(n: int, link: Any = link, account: Any = account) -> int:
            if n % 2:
                return clients[n].post(VERIFY, link).status_code
            return clients[n].post("/api/auth/register", account).status_code

        seen += check_owner(email, crew.together(claim))
    settings.EMAIL_VERIFICATION = "none"
    return seen


def check_owner(email: str, statuses: list[Any]) -> Counter[str]:
    """One user has the address. A registration that must not tell is a 202 in any case."""
    assert User.objects.filter(email=email).count() == 1
    assert set(statuses) <= {201, 202, 204, 400, 409}, statuses
    succeeded = statuses.count(201) + statuses.count(204)
    assert succeeded == 1 or (succeeded == 0 and 202 in statuses), statuses
    return Counter(str(status) for status in statuses)
