"""Ingest's routes, one file for each noun."""

from services.ingest.api import datasets, imports, webhooks

routers = [datasets.router, imports.router, webhooks.router]
