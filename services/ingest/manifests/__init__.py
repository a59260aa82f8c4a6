"""Manifests: lists of source files that are too long for a request, read line by line."""
