from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.minted_api_key_body import MintedApiKeyBody
from ...models.new_api_key_body import NewApiKeyBody
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    org_id: UUID,
    *,
    body: NewApiKeyBody,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/organizations/{org_id}/api-keys".format(
            org_id=quote(str(org_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> MintedApiKeyBody | Problem | None:
    if response.status_code == 201:
        response_201 = MintedApiKeyBody.from_dict(response.json())

        return response_201

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[MintedApiKeyBody | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_id: UUID,
    *,
    client: AuthenticatedClient,
    body: NewApiKeyBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[MintedApiKeyBody | Problem]:
    """Mint an organization's API key

     Mint a tenant's API key, usually its first. This needs the operator's key.

    Args:
        org_id (UUID):
        idempotency_key (str | Unset):
        body (NewApiKeyBody): Make an API key that may do these things, for ever or for
            `expires_in` seconds.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[MintedApiKeyBody | Problem]
    """

    kwargs = _get_kwargs(
        org_id=org_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    org_id: UUID,
    *,
    client: AuthenticatedClient,
    body: NewApiKeyBody,
    idempotency_key: str | Unset = UNSET,
) -> MintedApiKeyBody | Problem | None:
    """Mint an organization's API key

     Mint a tenant's API key, usually its first. This needs the operator's key.

    Args:
        org_id (UUID):
        idempotency_key (str | Unset):
        body (NewApiKeyBody): Make an API key that may do these things, for ever or for
            `expires_in` seconds.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        MintedApiKeyBody | Problem
    """

    return sync_detailed(
        org_id=org_id,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    org_id: UUID,
    *,
    client: AuthenticatedClient,
    body: NewApiKeyBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[MintedApiKeyBody | Problem]:
    """Mint an organization's API key

     Mint a tenant's API key, usually its first. This needs the operator's key.

    Args:
        org_id (UUID):
        idempotency_key (str | Unset):
        body (NewApiKeyBody): Make an API key that may do these things, for ever or for
            `expires_in` seconds.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[MintedApiKeyBody | Problem]
    """

    kwargs = _get_kwargs(
        org_id=org_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    org_id: UUID,
    *,
    client: AuthenticatedClient,
    body: NewApiKeyBody,
    idempotency_key: str | Unset = UNSET,
) -> MintedApiKeyBody | Problem | None:
    """Mint an organization's API key

     Mint a tenant's API key, usually its first. This needs the operator's key.

    Args:
        org_id (UUID):
        idempotency_key (str | Unset):
        body (NewApiKeyBody): Make an API key that may do these things, for ever or for
            `expires_in` seconds.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        MintedApiKeyBody | Problem
    """

    return (
        await asyncio_detailed(
            org_id=org_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
