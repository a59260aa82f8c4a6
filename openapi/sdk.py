"""Generate the Python SDK from the merged spec: `python -m openapi.sdk [check]`."""

import filecmp
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from openapi.export import FOLDER, PUBLIC

PACKAGE = FOLDER / "python" / "mooring_sdk"

# The generator leaves out answers whose media type it does not know.
CONFIG = f"""
package_name_override: {PACKAGE.name}
content_type_overrides:
  application/x-ndjson: text/plain
  application/zip: application/octet-stream
"""


def generate(target: Path) -> None:
    """Write the package `mooring_sdk` to `target`, which must not exist."""
    with tempfile.TemporaryDirectory() as directory:
        config = Path(directory) / "config.yaml"
        config.write_text(CONFIG)
        scripts = sysconfig.get_path("scripts")
        subprocess.run(
            [
                f"{scripts}/openapi-python-client",
                "generate",
                f"--path={FOLDER / f'{PUBLIC}.json'}",
                f"--config={config}",
                f"--output-path={target}",
                "--meta=none",
                "--fail-on-warning",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PATH": f"{scripts}:{os.environ.get('PATH', '')}"},
        )
    for cache in target.rglob(".ruff_cache"):
        shutil.rmtree(cache)


def differences(left: Path, right: Path) -> list[str]:
    """Return the files that are not the same in both folders."""
    names = {
        str(path.relative_to(folder))
        for folder in (left, right)
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    _, changed, absent = filecmp.cmpfiles(left, right, names, shallow=False)
    return sorted([*changed, *absent])


def main(arguments: list[str]) -> int:
    """Write the SDK, or with `check` say which of its files are out of date."""
    with tempfile.TemporaryDirectory() as directory:
        fresh = Path(directory) / PACKAGE.name
        generate(fresh)
        if arguments == ["check"]:
            stale = differences(fresh, PACKAGE)
            if stale:
                sys.stderr.write(f"SDK out of date: {', '.join(stale)}. Run `make openapi`.\n")
            return 1 if stale else 0
        shutil.rmtree(PACKAGE, ignore_errors=True)
        shutil.copytree(fresh, PACKAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
