"""The vault's routes, one file for each noun."""

from services.credentials.api import api_keys, credentials, internal, locations, organizations

routers = [
    organizations.router,
    api_keys.router,
    credentials.router,
    locations.router,
    internal.router,
]
