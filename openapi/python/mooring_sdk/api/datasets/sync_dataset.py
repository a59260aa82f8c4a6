from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.sync_body import SyncBody
from ...models.synced_body import SyncedBody
from ...types import UNSET, Response, Unset


def _get_kwargs(
    dataset_id: UUID,
    *,
    body: SyncBody,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/datasets/{dataset_id}/sync".format(
            dataset_id=quote(str(dataset_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | SyncedBody | None:
    if response.status_code == 202:
        response_202 = SyncedBody.from_dict(response.json())

        return response_202

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

    if response.status_code == 500:
        response_500 = Problem.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Problem | SyncedBody]:
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
    body: SyncBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | SyncedBody]:
    """Sync a dataset

     Compare a dataset with all that it was imported from, and apply what differs.

    Each prefix is an import of its own. Access is verified first, unless it was a little while ago.

    Args:
        dataset_id (UUID):
        idempotency_key (str | Unset):
        body (SyncBody): Sync all that the dataset was imported from, or what is of one location.

            With `dry_run` nothing is applied. `max_missing_share` is the dataset's own unless it is
            given.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | SyncedBody]
    """

    kwargs = _get_kwargs(
        dataset_id=dataset_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    dataset_id: UUID,
    *,
    client: AuthenticatedClient,
    body: SyncBody,
    idempotency_key: str | Unset = UNSET,
) -> Problem | SyncedBody | None:
    """Sync a dataset

     Compare a dataset with all that it was imported from, and apply what differs.

    Each prefix is an import of its own. Access is verified first, unless it was a little while ago.

    Args:
        dataset_id (UUID):
        idempotency_key (str | Unset):
        body (SyncBody): Sync all that the dataset was imported from, or what is of one location.

            With `dry_run` nothing is applied. `max_missing_share` is the dataset's own unless it is
            given.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | SyncedBody
    """

    return sync_detailed(
        dataset_id=dataset_id,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    dataset_id: UUID,
    *,
    client: AuthenticatedClient,
    body: SyncBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | SyncedBody]:
    """Sync a dataset

     Compare a dataset with all that it was imported from, and apply what differs.

    Each prefix is an import of its own. Access is verified first, unless it was a little while ago.

    Args:
        dataset_id (UUID):
        idempotency_key (str | Unset):
        body (SyncBody): Sync all that the dataset was imported from, or what is of one location.

            With `dry_run` nothing is applied. `max_missing_share` is the dataset's own unless it is
            given.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | SyncedBody]
    """

    kwargs = _get_kwargs(
        dataset_id=dataset_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    dataset_id: UUID,
    *,
    client: AuthenticatedClient,
    body: SyncBody,
    idempotency_key: str | Unset = UNSET,
) -> Problem | SyncedBody | None:
    """Sync a dataset

     Compare a dataset with all that it was imported from, and apply what differs.

    Each prefix is an import of its own. Access is verified first, unless it was a little while ago.

    Args:
        dataset_id (UUID):
        idempotency_key (str | Unset):
        body (SyncBody): Sync all that the dataset was imported from, or what is of one location.

            With `dry_run` nothing is applied. `max_missing_share` is the dataset's own unless it is
            given.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | SyncedBody
    """

    return (
        await asyncio_detailed(
            dataset_id=dataset_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
