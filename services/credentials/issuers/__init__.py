"""Issuers: a stored credential in, a lease out."""
