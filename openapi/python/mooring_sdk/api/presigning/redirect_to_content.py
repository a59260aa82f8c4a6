from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    dataset_id: UUID,
    asset_id: UUID,
    *,
    expires_in: int | Unset = 900,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["expires_in"] = expires_in

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/content/{dataset_id}/{asset_id}".format(
            dataset_id=quote(str(dataset_id), safe=""),
            asset_id=quote(str(asset_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | Problem | None:
    if response.status_code == 302:
        response_302 = cast(Any, None)
        return response_302

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 424:
        response_424 = Problem.from_dict(response.json())

        return response_424

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    dataset_id: UUID,
    asset_id: UUID,
    *,
    client: AuthenticatedClient,
    expires_in: int | Unset = 900,
) -> Response[Any | Problem]:
    """Redirect to an asset's object

     Redirect to a presigned URL, cacheable for a little less than the URL lives.

    For servers, downloads, and pages that reach the gateway under their own origin. A browser that
    is redirected from one foreign origin to another sends `Origin: null`, which no CORS rule for
    the page allows: such pages ask `POST /v1/presigned-urls` and fetch the URL itself.

    Args:
        dataset_id (UUID):
        asset_id (UUID):
        expires_in (int | Unset):  Default: 900.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
    """

    kwargs = _get_kwargs(
        dataset_id=dataset_id,
        asset_id=asset_id,
        expires_in=expires_in,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    dataset_id: UUID,
    asset_id: UUID,
    *,
    client: AuthenticatedClient,
    expires_in: int | Unset = 900,
) -> Any | Problem | None:
    """Redirect to an asset's object

     Redirect to a presigned URL, cacheable for a little less than the URL lives.

    For servers, downloads, and pages that reach the gateway under their own origin. A browser that
    is redirected from one foreign origin to another sends `Origin: null`, which no CORS rule for
    the page allows: such pages ask `POST /v1/presigned-urls` and fetch the URL itself.

    Args:
        dataset_id (UUID):
        asset_id (UUID):
        expires_in (int | Unset):  Default: 900.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem
    """

    return sync_detailed(
        dataset_id=dataset_id,
        asset_id=asset_id,
        client=client,
        expires_in=expires_in,
    ).parsed


async def asyncio_detailed(
    dataset_id: UUID,
    asset_id: UUID,
    *,
    client: AuthenticatedClient,
    expires_in: int | Unset = 900,
) -> Response[Any | Problem]:
    """Redirect to an asset's object

     Redirect to a presigned URL, cacheable for a little less than the URL lives.

    For servers, downloads, and pages that reach the gateway under their own origin. A browser that
    is redirected from one foreign origin to another sends `Origin: null`, which no CORS rule for
    the page allows: such pages ask `POST /v1/presigned-urls` and fetch the URL itself.

    Args:
        dataset_id (UUID):
        asset_id (UUID):
        expires_in (int | Unset):  Default: 900.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
    """

    kwargs = _get_kwargs(
        dataset_id=dataset_id,
        asset_id=asset_id,
        expires_in=expires_in,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    dataset_id: UUID,
    asset_id: UUID,
    *,
    client: AuthenticatedClient,
    expires_in: int | Unset = 900,
) -> Any | Problem | None:
    """Redirect to an asset's object

     Redirect to a presigned URL, cacheable for a little less than the URL lives.

    For servers, downloads, and pages that reach the gateway under their own origin. A browser that
    is redirected from one foreign origin to another sends `Origin: null`, which no CORS rule for
    the page allows: such pages ask `POST /v1/presigned-urls` and fetch the URL itself.

    Args:
        dataset_id (UUID):
        asset_id (UUID):
        expires_in (int | Unset):  Default: 900.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem
    """

    return (
        await asyncio_detailed(
            dataset_id=dataset_id,
            asset_id=asset_id,
            client=client,
            expires_in=expires_in,
        )
    ).parsed
