"""Signers: pure functions from a lease and a key to a URL."""
