"""The vault's routes, one file for each noun."""

from services.credentials.api import (
    api_keys,
    azure,
    credentials,
    health,
    internal,
    locations,
    oidc,
    organizations,
    proofs,
    report_keys,
)

routers = [
    organizations.router,
    api_keys.router,
    credentials.router,
    locations.router,
    proofs.router,
    report_keys.router,
    health.router,
    azure.router,
    oidc.router,
    internal.router,
]
