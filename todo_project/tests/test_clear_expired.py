from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

from accounts.models import Attempts, IdempotencyKey, PersonalToken, Session, SignIn
from accounts.tokens import RefreshToken


def test_it_deletes_only_expired_rows(alice, capsys):
    RefreshToken.for_user(alice)
    kept = SignIn.objects.get()
    past, future = (timezone.now() + timedelta(minutes=n) for n in (-1, 1))
    SignIn.objects.create(user=alice, refresh_id="x", expires_at=past)
    for name, expires_at in [("old", past), ("new", future), ("for good", None)]:
        PersonalToken.objects.create(user=alice, name=name, digest=name, expires_at=expires_at)
    Attempts.objects.create(key="old", expires_at=past)
    Attempts.objects.create(key="new", expires_at=future)
    Session.objects.create(session_key="old", expire_date=past)
    Session.objects.create(session_key="new", expire_date=future)
    for name, hours in [("old", 25), ("new", 23)]:
        made = timezone.now() - timedelta(hours=hours)
        IdempotencyKey.objects.create(user=alice, key=name, status=201, body="{}", created_at=made)

    call_command("clear_expired")

    assert SignIn.objects.get() == kept
    assert {token.name for token in alice.personal_tokens.all()} == {"new", "for good"}
    assert Attempts.objects.get().key == "new"
    assert IdempotencyKey.objects.get().key == "new"
    assert Session.objects.get().session_key == "new"
    assert capsys.readouterr().out == (
        "1 sign-ins\n1 personal access tokens\n1 attempts\n1 idempotency keys\n0 tasks\n"
        "0 tombstones\n"
    )
