"""The version of Mooring that runs: what reports and proofs name."""

VERSION = "0.1.0"
"""As in `pyproject.toml`: the services run from a tree, and need not be an installed package."""
