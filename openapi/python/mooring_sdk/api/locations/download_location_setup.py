from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    location_id: UUID,
    *,
    kms_key_arn: list[str] | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_kms_key_arn: list[str] | Unset = UNSET
    if not isinstance(kms_key_arn, Unset):
        json_kms_key_arn = kms_key_arn

    params["kms_key_arn"] = json_kms_key_arn

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/locations/{location_id}/setup.zip".format(
            location_id=quote(str(location_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> File | Problem | None:
    if response.status_code == 200:
        response_200 = File(payload=BytesIO(response.content))

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

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

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
) -> Response[File | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    location_id: UUID,
    *,
    client: AuthenticatedClient,
    kms_key_arn: list[str] | Unset = UNSET,
) -> Response[File | Problem]:
    """Download the setup kit of a location

     Return the same as files with a README, which is the same bytes each time.

    Args:
        location_id (UUID):
        kms_key_arn (list[str] | Unset): The ARN of a KMS key that objects there are encrypted
            with; repeat it for several.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[File | Problem]
    """

    kwargs = _get_kwargs(
        location_id=location_id,
        kms_key_arn=kms_key_arn,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    location_id: UUID,
    *,
    client: AuthenticatedClient,
    kms_key_arn: list[str] | Unset = UNSET,
) -> File | Problem | None:
    """Download the setup kit of a location

     Return the same as files with a README, which is the same bytes each time.

    Args:
        location_id (UUID):
        kms_key_arn (list[str] | Unset): The ARN of a KMS key that objects there are encrypted
            with; repeat it for several.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        File | Problem
    """

    return sync_detailed(
        location_id=location_id,
        client=client,
        kms_key_arn=kms_key_arn,
    ).parsed


async def asyncio_detailed(
    location_id: UUID,
    *,
    client: AuthenticatedClient,
    kms_key_arn: list[str] | Unset = UNSET,
) -> Response[File | Problem]:
    """Download the setup kit of a location

     Return the same as files with a README, which is the same bytes each time.

    Args:
        location_id (UUID):
        kms_key_arn (list[str] | Unset): The ARN of a KMS key that objects there are encrypted
            with; repeat it for several.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[File | Problem]
    """

    kwargs = _get_kwargs(
        location_id=location_id,
        kms_key_arn=kms_key_arn,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    location_id: UUID,
    *,
    client: AuthenticatedClient,
    kms_key_arn: list[str] | Unset = UNSET,
) -> File | Problem | None:
    """Download the setup kit of a location

     Return the same as files with a README, which is the same bytes each time.

    Args:
        location_id (UUID):
        kms_key_arn (list[str] | Unset): The ARN of a KMS key that objects there are encrypted
            with; repeat it for several.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        File | Problem
    """

    return (
        await asyncio_detailed(
            location_id=location_id,
            client=client,
            kms_key_arn=kms_key_arn,
        )
    ).parsed
