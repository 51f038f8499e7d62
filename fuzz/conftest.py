import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "short", max_examples=30, deadline=None, suppress_health_check=[*HealthCheck]
)
settings.register_profile("long", settings.get_profile("short"), max_examples=500)
settings.load_profile(os.environ.get("FUZZ", "short"))


@pytest.fixture(autouse=True)
def static_files_on_demand(settings):
    settings.WHITENOISE_AUTOREFRESH = True
