"""Ingest: imports of external locations into datasets."""
