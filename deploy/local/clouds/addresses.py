"""Where the clouds of a running stack are, noted for who asks from another terminal."""

import json
from collections.abc import Iterable
from pathlib import Path

from deploy.local.clouds.cloud import Cloud
from deploy.local.directories import make_directory


def note_addresses(data_dir: Path, clouds: Iterable[Cloud]) -> None:
    """Write them down, in place of those of the start before."""
    found = {cloud.title: cloud.endpoint for cloud in clouds}
    (make_directory(data_dir / "run") / "clouds.json").write_text(json.dumps(found))


def noted_addresses(data_dir: Path) -> dict[str, str]:
    """Return the endpoint of each cloud by its title; read it only while a stack runs."""
    found: dict[str, str] = json.loads((data_dir / "run" / "clouds.json").read_text())
    return found
