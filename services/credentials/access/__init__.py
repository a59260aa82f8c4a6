"""Verify-access: the checks of an external location."""
