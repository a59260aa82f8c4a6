from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.asset_state import AssetState
from ...models.page_asset_body import PageAssetBody
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    dataset_id: UUID,
    *,
    state: AssetState | None | Unset = UNSET,
    location_id: None | Unset | UUID = UNSET,
    key_prefix: str | Unset = "",
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_state: None | str | Unset
    if isinstance(state, Unset):
        json_state = UNSET
    elif isinstance(state, AssetState):
        json_state = state.value
    else:
        json_state = state
    params["state"] = json_state

    json_location_id: None | str | Unset
    if isinstance(location_id, Unset):
        json_location_id = UNSET
    elif isinstance(location_id, UUID):
        json_location_id = str(location_id)
    else:
        json_location_id = location_id
    params["location_id"] = json_location_id

    params["key_prefix"] = key_prefix

    json_cursor: None | str | Unset
    if isinstance(cursor, Unset):
        json_cursor = UNSET
    else:
        json_cursor = cursor
    params["cursor"] = json_cursor

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/datasets/{dataset_id}/assets".format(
            dataset_id=quote(str(dataset_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PageAssetBody | Problem | None:
    if response.status_code == 200:
        response_200 = PageAssetBody.from_dict(response.json())

        return response_200

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
) -> Response[PageAssetBody | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    dataset_id: UUID,
    *,
    client: AuthenticatedClient,
    state: AssetState | None | Unset = UNSET,
    location_id: None | Unset | UUID = UNSET,
    key_prefix: str | Unset = "",
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[PageAssetBody | Problem]:
    """List assets

     List a dataset's assets in order of their ids, narrowed by the filters given.

    While imports run into the dataset, assets may appear before the cursor: list again after them.

    Args:
        dataset_id (UUID):
        state (AssetState | None | Unset):
        location_id (None | Unset | UUID):
        key_prefix (str | Unset):  Default: ''.
        cursor (None | str | Unset): `next_cursor` of a page.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageAssetBody | Problem]
    """

    kwargs = _get_kwargs(
        dataset_id=dataset_id,
        state=state,
        location_id=location_id,
        key_prefix=key_prefix,
        cursor=cursor,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    dataset_id: UUID,
    *,
    client: AuthenticatedClient,
    state: AssetState | None | Unset = UNSET,
    location_id: None | Unset | UUID = UNSET,
    key_prefix: str | Unset = "",
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> PageAssetBody | Problem | None:
    """List assets

     List a dataset's assets in order of their ids, narrowed by the filters given.

    While imports run into the dataset, assets may appear before the cursor: list again after them.

    Args:
        dataset_id (UUID):
        state (AssetState | None | Unset):
        location_id (None | Unset | UUID):
        key_prefix (str | Unset):  Default: ''.
        cursor (None | str | Unset): `next_cursor` of a page.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageAssetBody | Problem
    """

    return sync_detailed(
        dataset_id=dataset_id,
        client=client,
        state=state,
        location_id=location_id,
        key_prefix=key_prefix,
        cursor=cursor,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    dataset_id: UUID,
    *,
    client: AuthenticatedClient,
    state: AssetState | None | Unset = UNSET,
    location_id: None | Unset | UUID = UNSET,
    key_prefix: str | Unset = "",
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[PageAssetBody | Problem]:
    """List assets

     List a dataset's assets in order of their ids, narrowed by the filters given.

    While imports run into the dataset, assets may appear before the cursor: list again after them.

    Args:
        dataset_id (UUID):
        state (AssetState | None | Unset):
        location_id (None | Unset | UUID):
        key_prefix (str | Unset):  Default: ''.
        cursor (None | str | Unset): `next_cursor` of a page.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageAssetBody | Problem]
    """

    kwargs = _get_kwargs(
        dataset_id=dataset_id,
        state=state,
        location_id=location_id,
        key_prefix=key_prefix,
        cursor=cursor,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    dataset_id: UUID,
    *,
    client: AuthenticatedClient,
    state: AssetState | None | Unset = UNSET,
    location_id: None | Unset | UUID = UNSET,
    key_prefix: str | Unset = "",
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> PageAssetBody | Problem | None:
    """List assets

     List a dataset's assets in order of their ids, narrowed by the filters given.

    While imports run into the dataset, assets may appear before the cursor: list again after them.

    Args:
        dataset_id (UUID):
        state (AssetState | None | Unset):
        location_id (None | Unset | UUID):
        key_prefix (str | Unset):  Default: ''.
        cursor (None | str | Unset): `next_cursor` of a page.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageAssetBody | Problem
    """

    return (
        await asyncio_detailed(
            dataset_id=dataset_id,
            client=client,
            state=state,
            location_id=location_id,
            key_prefix=key_prefix,
            cursor=cursor,
            limit=limit,
        )
    ).parsed
