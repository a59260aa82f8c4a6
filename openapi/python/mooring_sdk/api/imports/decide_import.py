from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.decision_body import DecisionBody
from ...models.import_body import ImportBody
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    import_id: UUID,
    *,
    body: DecisionBody,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/imports/{import_id}/decision".format(
            import_id=quote(str(import_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ImportBody | Problem | None:
    if response.status_code == 200:
        response_200 = ImportBody.from_dict(response.json())

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
    import_id: UUID,
    *,
    client: AuthenticatedClient,
    body: DecisionBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[ImportBody | Problem]:
    """Decide about a plan

     Apply or discard the plan of an import that awaits a decision.

    Args:
        import_id (UUID):
        idempotency_key (str | Unset):
        body (DecisionBody): What becomes of a plan that waits.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ImportBody | Problem]
    """

    kwargs = _get_kwargs(
        import_id=import_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    import_id: UUID,
    *,
    client: AuthenticatedClient,
    body: DecisionBody,
    idempotency_key: str | Unset = UNSET,
) -> ImportBody | Problem | None:
    """Decide about a plan

     Apply or discard the plan of an import that awaits a decision.

    Args:
        import_id (UUID):
        idempotency_key (str | Unset):
        body (DecisionBody): What becomes of a plan that waits.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ImportBody | Problem
    """

    return sync_detailed(
        import_id=import_id,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    import_id: UUID,
    *,
    client: AuthenticatedClient,
    body: DecisionBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[ImportBody | Problem]:
    """Decide about a plan

     Apply or discard the plan of an import that awaits a decision.

    Args:
        import_id (UUID):
        idempotency_key (str | Unset):
        body (DecisionBody): What becomes of a plan that waits.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ImportBody | Problem]
    """

    kwargs = _get_kwargs(
        import_id=import_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    import_id: UUID,
    *,
    client: AuthenticatedClient,
    body: DecisionBody,
    idempotency_key: str | Unset = UNSET,
) -> ImportBody | Problem | None:
    """Decide about a plan

     Apply or discard the plan of an import that awaits a decision.

    Args:
        import_id (UUID):
        idempotency_key (str | Unset):
        body (DecisionBody): What becomes of a plan that waits.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ImportBody | Problem
    """

    return (
        await asyncio_detailed(
            import_id=import_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
