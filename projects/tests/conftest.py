import pytest

from projects.models import Project


@pytest.fixture
def home(alice):
    """A project that Alice owns."""
    return Project.objects.create(owner=alice, name="Home")
