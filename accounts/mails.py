"""Mails with a link that contains a secret.

The link leads to the front end. Its secret is in the fragment, which browsers do not send, so no
server logs it. Without a front end, and if the mail was asked for on a page of our own, the link
leads to such a page. It works without script: the secret is in the query, which our log does not
have, see todo_project/server/logs.py.

A separate thread sends mails to the stored address after the transaction has committed. So a slow
or missing mail server does not fail a request, and the response time does not reveal whether an
address has an account.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.tokens import PasswordResetTokenGenerator, default_token_generator
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from rest_framework.exceptions import Throttled

from .attempts import Limit
from .models import User

logger = logging.getLogger(__name__)

MAILS_TO_ONE_ADDRESS = "5/hour"  # of each kind


class Outbox:
    """A thread that delivers mails one after another. Its queue holds at most `SIZE` mails."""

    SIZE = 100

    def __init__(self, name: str) -> None:
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{name} mail")
        self.room = BoundedSemaphore(self.SIZE)

    def put(self, name: str, user: User, by_page: bool) -> bool:
        """Queues a mail. False if the queue is full."""
        if not self.room.acquire(blocking=False):
            return False
        sending = self.thread.submit(deliver, name, user, by_page)
        sending.add_done_callback(lambda _: self.room.release())
        return True


# Anybody can send many registrations. Password resets must not wait for their mails.
resets, others = Outbox("reset"), Outbox("other")


class EmailVerificationTokenGenerator(PasswordResetTokenGenerator):
    key_salt = "accounts.mails.EmailVerificationTokenGenerator"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.email_verified_at}"


class EmailChangeTokenGenerator(PasswordResetTokenGenerator):
    """Its tokens are valid for one new address, until the old one or the password changes."""

    key_salt = "accounts.mails.EmailChangeTokenGenerator"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)} {user.new_email}"

    def check_token(self, user: User | None, token: str | None) -> bool:
        return bool(user and user.new_email) and super().check_token(user, token)


reset_tokens = default_token_generator
verification_tokens = EmailVerificationTokenGenerator()
change_tokens = EmailChangeTokenGenerator()

# The page of the front end, which is also the name of our own page's route, and the token generator
# for the link in each mail.
LINKS = {
    "password_reset": ("reset-password", reset_tokens),
    "email_verification": ("verify-email", verification_tokens),
    "account_exists": ("reset-password", reset_tokens),
    "email_change": ("verify-email", change_tokens),
    "email_change_notice": ("reset-password", reset_tokens),
}


def send_password_reset(email: str, request: Any = None) -> None:
    """Sends a mail if `email` has a user. Takes the same time if it has none."""
    users = User.objects.filter(may_be_reset(), email=email, is_active=True)
    send("password_reset", email, users.first(), request)


def may_be_reset() -> Q:
    """Users who may reset their password. A password that staff removed cannot be reset.

    It can be reset if a second registration removed it, or if the user has an identity of Better
    Auth, because Better Auth may be removed one day.
    """
    may = ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX) | Q(identities__isnull=False)
    if settings.EMAIL_VERIFICATION == "required":
        may |= Q(email_verified_at=None)
    return may


def send_email_verification(user: User, request: Any = None) -> None:
    send("email_verification", user.email, user, request)


def send_account_exists(user: User, request: Any = None) -> None:
    send("account_exists", user.email, user, request)


def send_email_change(user: User, request: Any = None) -> None:
    send("email_change", user.new_email, user, request)


def send_email_change_notice(user: User, request: Any = None) -> None:
    send("email_change_notice", user.email, user, request)


def send(name: str, email: str, user: User | None, request: Any) -> None:
    """Sends a mail unless its address got too many mails of the same kind.

    Without a user, no mail is sent and the address's count does not change. Another count is
    increased instead, so that both cases take the same time.
    """
    limit = Limit(f"mail {name}" if user else "no mail", email, MAILS_TO_ONE_ADDRESS)
    try:
        limit.attempt()
    except Throttled:
        logger.warning("Too many mails to one address; one not sent")
        return
    if user:
        by_page = request is not None and is_of_page(request)
        transaction.on_commit(lambda: post(name, user, by_page, limit))


def is_of_page(request: Any) -> bool:
    """True for a form of our own pages or of the browsable API."""
    renderer = getattr(request, "accepted_renderer", None)
    return renderer is None or renderer.format != "json"


def post(name: str, user: User, by_page: bool, limit: Limit) -> None:
    outbox = resets if name == "password_reset" else others
    if not outbox.put(name, user, by_page):
        logger.error("Mail to user %s not sent: the queue for the mail server is full", user.pk)
        limit.withdraw()


def deliver(name: str, user: User, by_page: bool) -> None:
    """Renders the mail and sends it to the mail server. Runs in the outbox's thread."""
    page, tokens = LINKS[name]
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    to = user.new_email if name == "email_change" else user.email
    context = {"user": user, "url": link(page, user, tokens, by_page), "hours": hours}
    try:
        text = render_to_string(f"accounts/mails/{name}.txt", context)
        subject, body = text.split("\n\n", 1)
        message = EmailMultiAlternatives(subject, body, to=[to])
        html = render_to_string(f"accounts/mails/{name}.html", context)
        message.attach_alternative(html, "text/html")
        message.send()
    except Exception:
        logger.exception("Mail to user %s not sent", user.pk)


def link(page: str, user: User, tokens: PasswordResetTokenGenerator, by_page: bool = False) -> str:
    secret = {"uid": urlsafe_base64_encode(force_bytes(user.pk)), "token": tokens.make_token(user)}
    if settings.FRONTEND_URL and not by_page:
        return f"{settings.FRONTEND_URL}/{page}#{urlencode(secret)}"
    return f"{settings.OWN_URL}{reverse(page)}?{urlencode(secret)}"


def user_of(uid: str) -> int:
    """The user id encoded in a link's `uid`; 0, which no user has, if `uid` is invalid."""
    try:
        return int(urlsafe_base64_decode(uid))
    except ValueError:
        return 0
