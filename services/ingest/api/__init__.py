"""Ingest's routes, one file for each noun."""

from services.ingest.api import datasets, imports, manifests, previews, webhooks

routers = [datasets.router, imports.router, manifests.router, previews.router, webhooks.router]
