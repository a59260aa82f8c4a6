"""Ingest's bodies, one file for each noun."""
