"""What the stack and the demo ask of a cloud, whichever it is."""

from pathlib import Path
from typing import Protocol

from shared.uris import Provider

VAULT = "https://vault.example"
"""Where browsers and clouds would find the vault on the internet."""


class Cloud(Protocol):
    """A running stand-in for one of the clouds of the customers."""

    @property
    def provider(self) -> Provider:
        """Whose buckets it has."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def endpoint(self) -> str:
        """Where they are."""

    @property
    def lasts(self) -> bool:
        """Whether what is in it survives a restart."""

    @property
    def certificates(self) -> Path | None:
        """What its clients must trust, None where they need not."""

    def environment(self) -> dict[str, str]:
        """Return the settings that lead the vault to it, and say who Mooring is there."""

    def check(self) -> None:
        """Raise LocalStackError when a process of it has ended by itself."""
