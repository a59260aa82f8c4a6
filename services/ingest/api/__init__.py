"""Ingest's routes, one file for each noun."""

from services.ingest.api import datasets, imports

routers = [datasets.router, imports.router]
