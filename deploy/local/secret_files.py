"""Files that hold secrets: readable by their owner alone, and never half written."""

from pathlib import Path


def write_secret(file: Path, text: str) -> None:
    """Write `text` beside `file` and put it in its place, whole or not at all."""
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.rename(file)
