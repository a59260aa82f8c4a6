"""Proofs: access reports that can be filed, and checked without Mooring."""
