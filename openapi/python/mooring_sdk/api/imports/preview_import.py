from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.new_preview_body import NewPreviewBody
from ...models.preview_body import PreviewBody
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: NewPreviewBody,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/imports/preview",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PreviewBody | Problem | None:
    if response.status_code == 200:
        response_200 = PreviewBody.from_dict(response.json())

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
) -> Response[PreviewBody | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: NewPreviewBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[PreviewBody | Problem]:
    """Preview an import

     Say what an import would take, from the first 1,000 keys or the first 100 source files.

    Access is verified first, as for an import. Nothing is stored.

    Args:
        idempotency_key (str | Unset):
        body (NewPreviewBody): Ask what an import with this selection would take: the same members
            mean the same.

            `pin_versions` is refused as it would be there, and else changes nothing.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PreviewBody | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: NewPreviewBody,
    idempotency_key: str | Unset = UNSET,
) -> PreviewBody | Problem | None:
    """Preview an import

     Say what an import would take, from the first 1,000 keys or the first 100 source files.

    Access is verified first, as for an import. Nothing is stored.

    Args:
        idempotency_key (str | Unset):
        body (NewPreviewBody): Ask what an import with this selection would take: the same members
            mean the same.

            `pin_versions` is refused as it would be there, and else changes nothing.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PreviewBody | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: NewPreviewBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[PreviewBody | Problem]:
    """Preview an import

     Say what an import would take, from the first 1,000 keys or the first 100 source files.

    Access is verified first, as for an import. Nothing is stored.

    Args:
        idempotency_key (str | Unset):
        body (NewPreviewBody): Ask what an import with this selection would take: the same members
            mean the same.

            `pin_versions` is refused as it would be there, and else changes nothing.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PreviewBody | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: NewPreviewBody,
    idempotency_key: str | Unset = UNSET,
) -> PreviewBody | Problem | None:
    """Preview an import

     Say what an import would take, from the first 1,000 keys or the first 100 source files.

    Access is verified first, as for an import. Nothing is stored.

    Args:
        idempotency_key (str | Unset):
        body (NewPreviewBody): Ask what an import with this selection would take: the same members
            mean the same.

            `pin_versions` is refused as it would be there, and else changes nothing.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PreviewBody | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
