"""Routes of the OIDC issuer: what a customer's cloud reads to check our tokens."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from services.credentials.oidc import ALGORITHM, OidcIssuer
from shared.errors import NotFoundError

CACHING = "public, max-age=300"  # how long a new key should be published before it signs

# Not for users of the API: the paths are those of "OpenID Connect Discovery 1.0", section 4.
router = APIRouter(prefix="/.well-known", include_in_schema=False)


class ConfigurationBody(BaseModel):
    """The issuer, as "OpenID Connect Discovery 1.0", section 3, describes it.

    Nobody signs in here, so there is no endpoint for that.
    """

    issuer: str
    jwks_uri: str
    response_types_supported: list[str]
    subject_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]

    @classmethod
    def of(cls, issuer: OidcIssuer) -> "ConfigurationBody":
        return cls(
            issuer=issuer.url,
            jwks_uri=issuer.keys_url,
            response_types_supported=["id_token"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=[ALGORITHM],
        )


class KeysBody(BaseModel):
    """The public keys (RFC 7517, 5)."""

    keys: list[dict[str, str]]


def get_oidc_issuer(request: Request) -> OidcIssuer:
    """Return the issuer of this application, or raise NotFoundError where it has none."""
    issuer: OidcIssuer | None = request.app.state.vault.oidc
    if issuer is None:
        raise NotFoundError("Mooring has no OIDC issuer.")
    return issuer


OidcIssuerDep = Annotated[OidcIssuer, Depends(get_oidc_issuer)]


@router.get("/openid-configuration")
async def get_openid_configuration(issuer: OidcIssuerDep, response: Response) -> ConfigurationBody:
    response.headers["Cache-Control"] = CACHING
    return ConfigurationBody.of(issuer)


@router.get("/jwks.json")
async def get_keys(issuer: OidcIssuerDep, response: Response) -> KeysBody:
    response.headers["Cache-Control"] = CACHING
    return KeysBody(keys=issuer.public_keys())
