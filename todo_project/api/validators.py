from django.core.validators import RegexValidator

validate_no_control_characters = RegexValidator(
    r"^[^\x00-\x1f\x7f-\x9f]*\Z",
    "Control characters are not allowed.",
    code="control_characters",
)
