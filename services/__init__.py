"""Mooring's three services."""
