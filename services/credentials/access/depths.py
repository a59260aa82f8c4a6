"""Depths: how much of a location's access a verification looks at."""

from enum import StrEnum


class Depth(StrEnum):
    """How deep a verification goes."""

    QUICK = "quick"
    """Who we are, and what importers and viewers do all the time: some requests, every hour."""

    FULL = "full"
    """Everything, what must be refused included."""
