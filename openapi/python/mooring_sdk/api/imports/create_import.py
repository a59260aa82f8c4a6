from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.import_body import ImportBody
from ...models.new_import_body import NewImportBody
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: NewImportBody,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/imports",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ImportBody | Problem | None:
    if response.status_code == 202:
        response_202 = ImportBody.from_dict(response.json())

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
) -> Response[ImportBody | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: NewImportBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[ImportBody | Problem]:
    """Start an import

     Start an import, and answer before it has begun.

    Access is verified first, unless it was a little while ago. Imports into a dataset that may
    touch the same keys run one after the other: a `conflict` names the one that is not finished as
    `import_id`.

    Args:
        idempotency_key (str | Unset):
        body (NewImportBody): Import what a location holds, without copying.

            Either everything whose key begins with `prefix` (by default the location's own prefix),
            or
            exactly the `source_files`: whole keys, or URIs like `s3://bucket/key`, listed here, in an
            uploaded manifest (`manifest_id`) or in one in the bucket (`manifest`); of these, what
            passes
            the filters. With an `inventory`, what that lists below the prefix; a listing follows by
            itself,
            since the report is hours old.

            Where the dataset has assets of the location already, what differs is found first and
            applied
            then, unless more than `max_missing_share` of the assets (by default 0.2) would go
            missing: the
            import then waits for a decision. `dry_run` only finds. `pin_versions` records the version
            of
            each object, in a bucket that keeps them.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ImportBody | Problem]
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
    body: NewImportBody,
    idempotency_key: str | Unset = UNSET,
) -> ImportBody | Problem | None:
    """Start an import

     Start an import, and answer before it has begun.

    Access is verified first, unless it was a little while ago. Imports into a dataset that may
    touch the same keys run one after the other: a `conflict` names the one that is not finished as
    `import_id`.

    Args:
        idempotency_key (str | Unset):
        body (NewImportBody): Import what a location holds, without copying.

            Either everything whose key begins with `prefix` (by default the location's own prefix),
            or
            exactly the `source_files`: whole keys, or URIs like `s3://bucket/key`, listed here, in an
            uploaded manifest (`manifest_id`) or in one in the bucket (`manifest`); of these, what
            passes
            the filters. With an `inventory`, what that lists below the prefix; a listing follows by
            itself,
            since the report is hours old.

            Where the dataset has assets of the location already, what differs is found first and
            applied
            then, unless more than `max_missing_share` of the assets (by default 0.2) would go
            missing: the
            import then waits for a decision. `dry_run` only finds. `pin_versions` records the version
            of
            each object, in a bucket that keeps them.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ImportBody | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: NewImportBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[ImportBody | Problem]:
    """Start an import

     Start an import, and answer before it has begun.

    Access is verified first, unless it was a little while ago. Imports into a dataset that may
    touch the same keys run one after the other: a `conflict` names the one that is not finished as
    `import_id`.

    Args:
        idempotency_key (str | Unset):
        body (NewImportBody): Import what a location holds, without copying.

            Either everything whose key begins with `prefix` (by default the location's own prefix),
            or
            exactly the `source_files`: whole keys, or URIs like `s3://bucket/key`, listed here, in an
            uploaded manifest (`manifest_id`) or in one in the bucket (`manifest`); of these, what
            passes
            the filters. With an `inventory`, what that lists below the prefix; a listing follows by
            itself,
            since the report is hours old.

            Where the dataset has assets of the location already, what differs is found first and
            applied
            then, unless more than `max_missing_share` of the assets (by default 0.2) would go
            missing: the
            import then waits for a decision. `dry_run` only finds. `pin_versions` records the version
            of
            each object, in a bucket that keeps them.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ImportBody | Problem]
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
    body: NewImportBody,
    idempotency_key: str | Unset = UNSET,
) -> ImportBody | Problem | None:
    """Start an import

     Start an import, and answer before it has begun.

    Access is verified first, unless it was a little while ago. Imports into a dataset that may
    touch the same keys run one after the other: a `conflict` names the one that is not finished as
    `import_id`.

    Args:
        idempotency_key (str | Unset):
        body (NewImportBody): Import what a location holds, without copying.

            Either everything whose key begins with `prefix` (by default the location's own prefix),
            or
            exactly the `source_files`: whole keys, or URIs like `s3://bucket/key`, listed here, in an
            uploaded manifest (`manifest_id`) or in one in the bucket (`manifest`); of these, what
            passes
            the filters. With an `inventory`, what that lists below the prefix; a listing follows by
            itself,
            since the report is hours old.

            Where the dataset has assets of the location already, what differs is found first and
            applied
            then, unless more than `max_missing_share` of the assets (by default 0.2) would go
            missing: the
            import then waits for a decision. `dry_run` only finds. `pin_versions` records the version
            of
            each object, in a bucket that keeps them.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ImportBody | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
