"""Time zones. Names and rules come only from the tzdata package, see `settings`."""

import functools
import zoneinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

# Replacements for names that tzdata has removed. Other removed names become UTC.
SUCCESSORS = {
    "Canada/East-Saskatchewan": "America/Regina",
    "US/Pacific-New": "America/Los_Angeles",
}


@functools.cache
def time_zones() -> set[str]:
    return zoneinfo.available_timezones() - {"Factory"}


def validate_time_zone(name: str) -> None:
    """An IANA time zone name, such as `Europe/Berlin`."""
    if name not in time_zones():
        raise ValidationError("Must be an IANA time zone, such as Europe/Berlin.")


class TimeZoneField(models.CharField):
    """A time zone name. A stored name that tzdata has removed becomes its successor or UTC."""

    default_validators = [validate_time_zone]

    def from_db_value(self, value: str | None, *args: Any) -> str | None:
        if value is None or value in time_zones():
            return value
        return SUCCESSORS.get(value, "UTC")
