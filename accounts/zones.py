"""Time zones. Their names and their rules come from the package tzdata alone, see `settings`."""

import functools
import zoneinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

# Of names that tzdata has dropped; any other one that is dropped becomes UTC.
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
    """A name. A stored one that tzdata has dropped since is read as its successor or UTC."""

    default_validators = [validate_time_zone]

    def from_db_value(self, value: str | None, *args: Any) -> str | None:
        if value is None or value in time_zones():
            return value
        return SUCCESSORS.get(value, "UTC")
