import re
from typing import Any

from django.core.exceptions import ValidationError

# Of passwords, for people. The validators in the settings and `PasswordField` apply them.
RULES = (
    "8 to 128 characters. Not a common password, not only digits, and not like your name or e-mail "
    "address. Words like todo or list do not count towards the length."
)
# Words that an attacker would try first for a to-do application.
CONTEXT_WORDS = ["todo", "to-do", "task", "tasks", "list", "admin"]


class ContextWordsValidator:
    """Ignores context words when it checks a password's length (ASVS 5, 6.2.11)."""

    def __init__(self, min_length: int = 8) -> None:
        self.min_length = min_length

    def validate(self, password: str, user: Any = None) -> None:
        words = sorted(CONTEXT_WORDS, key=len, reverse=True)
        rest = re.sub("|".join(map(re.escape, words)), "", password.lower())
        if rest != password.lower() and len(rest) < self.min_length:
            raise ValidationError(self.get_help_text(), code="password_context_words")

    def get_help_text(self) -> str:
        return f"Without words like todo, your password must have {self.min_length} characters."
