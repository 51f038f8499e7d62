from django.core.validators import RegexValidator

# Also line separators, and the characters that change the direction of the text.
validate_no_hidden_characters = RegexValidator(
    r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*\Z",
    "Control characters are not allowed.",
    code="control_characters",
)
validate_no_control_characters = RegexValidator(
    r"^[^\x00-\x1f\x7f-\x9f]*\Z",
    "Control characters are not allowed.",
    code="control_characters",
)
