"""The version that reports name is the one that is released."""

import tomllib

from deploy.local.settings import REPOSITORY
from shared.version import VERSION


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
