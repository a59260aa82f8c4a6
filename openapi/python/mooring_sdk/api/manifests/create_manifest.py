from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.manifest_body import ManifestBody
from ...models.manifest_format import ManifestFormat
from ...models.problem import Problem
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    *,
    body: File,
    format_: ManifestFormat | None | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    json_format_: None | str | Unset
    if isinstance(format_, Unset):
        json_format_ = UNSET
    elif isinstance(format_, ManifestFormat):
        json_format_ = format_.value
    else:
        json_format_ = format_
    params["format"] = json_format_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/manifests",
        "params": params,
    }

    _kwargs["content"] = body.payload
    headers["Content-Type"] = "application/octet-stream"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ManifestBody | Problem | None:
    if response.status_code == 201:
        response_201 = ManifestBody.from_dict(response.json())

        return response_201

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

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
) -> Response[ManifestBody | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: File,
    format_: ManifestFormat | None | Unset = UNSET,
) -> Response[ManifestBody | Problem]:
    """Upload a manifest

     Store a list of source files for an import: a line for each, 10,000,000 at most.

    Without `format` the Content-Type tells it: `text/csv`, `application/x-ndjson` or `text/plain`.
    Each may be compressed by gzip. The lines are read when an import uses them.

    Args:
        format_ (ManifestFormat | None | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ManifestBody | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        format_=format_,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: File,
    format_: ManifestFormat | None | Unset = UNSET,
) -> ManifestBody | Problem | None:
    """Upload a manifest

     Store a list of source files for an import: a line for each, 10,000,000 at most.

    Without `format` the Content-Type tells it: `text/csv`, `application/x-ndjson` or `text/plain`.
    Each may be compressed by gzip. The lines are read when an import uses them.

    Args:
        format_ (ManifestFormat | None | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ManifestBody | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        format_=format_,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: File,
    format_: ManifestFormat | None | Unset = UNSET,
) -> Response[ManifestBody | Problem]:
    """Upload a manifest

     Store a list of source files for an import: a line for each, 10,000,000 at most.

    Without `format` the Content-Type tells it: `text/csv`, `application/x-ndjson` or `text/plain`.
    Each may be compressed by gzip. The lines are read when an import uses them.

    Args:
        format_ (ManifestFormat | None | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ManifestBody | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        format_=format_,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: File,
    format_: ManifestFormat | None | Unset = UNSET,
) -> ManifestBody | Problem | None:
    """Upload a manifest

     Store a list of source files for an import: a line for each, 10,000,000 at most.

    Without `format` the Content-Type tells it: `text/csv`, `application/x-ndjson` or `text/plain`.
    Each may be compressed by gzip. The lines are read when an import uses them.

    Args:
        format_ (ManifestFormat | None | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ManifestBody | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            format_=format_,
        )
    ).parsed
