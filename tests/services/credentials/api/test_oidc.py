"""The routes of the OIDC issuer: public, cacheable, and absent where there is none."""

from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from deploy.local.clouds.google_keys import pem_of
from services.credentials.api.oidc import router
from services.credentials.oidc import OidcIssuer
from shared.clock import SystemClock
from shared.errors import NotFoundError
from tests.services.credentials.google_cloud import ISSUER, make_key


def client_for(issuer: OidcIssuer | None) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(router)
    app.state.vault = SimpleNamespace(oidc=issuer)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ISSUER)


@pytest.fixture
def issuer() -> OidcIssuer:
    return OidcIssuer(ISSUER, pem_of(make_key()).encode(), SystemClock())


async def test_a_cloud_finds_the_keys_from_the_issuers_address(issuer: OidcIssuer) -> None:
    async with client_for(issuer) as http:
        found = await http.get(f"{ISSUER}/.well-known/openid-configuration")
        keys = await http.get(found.json()["jwks_uri"])
    assert found.json() == {
        "issuer": "https://vault.example",
        "jwks_uri": "https://vault.example/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    assert keys.json() == {"keys": issuer.public_keys()}
    caching = [answer.headers["cache-control"] for answer in (found, keys)]
    assert caching == ["public, max-age=300", "public, max-age=300"]


@pytest.mark.parametrize("path", ["openid-configuration", "jwks.json"])
async def test_a_vault_without_an_issuer_has_nothing_there(path: str) -> None:
    async with client_for(None) as http:
        with pytest.raises(NotFoundError):
            await http.get(f"/.well-known/{path}")
