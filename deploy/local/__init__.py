"""Mooring on one machine, everything embedded."""
