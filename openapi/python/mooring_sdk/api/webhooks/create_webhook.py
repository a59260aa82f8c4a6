from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.new_webhook_body import NewWebhookBody
from ...models.problem import Problem
from ...models.signed_webhook_body import SignedWebhookBody
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: NewWebhookBody,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/webhooks",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | SignedWebhookBody | None:
    if response.status_code == 201:
        response_201 = SignedWebhookBody.from_dict(response.json())

        return response_201

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 501:
        response_501 = Problem.from_dict(response.json())

        return response_501

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Problem | SignedWebhookBody]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: NewWebhookBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | SignedWebhookBody]:
    """Add a webhook

     Send events to a URL from now on. The signing secret is shown this once.

    Args:
        idempotency_key (str | Unset):
        body (NewWebhookBody): Name the https URL that events are sent to. Without `event_types`
            it is sent all.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | SignedWebhookBody]
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
    body: NewWebhookBody,
    idempotency_key: str | Unset = UNSET,
) -> Problem | SignedWebhookBody | None:
    """Add a webhook

     Send events to a URL from now on. The signing secret is shown this once.

    Args:
        idempotency_key (str | Unset):
        body (NewWebhookBody): Name the https URL that events are sent to. Without `event_types`
            it is sent all.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | SignedWebhookBody
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: NewWebhookBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | SignedWebhookBody]:
    """Add a webhook

     Send events to a URL from now on. The signing secret is shown this once.

    Args:
        idempotency_key (str | Unset):
        body (NewWebhookBody): Name the https URL that events are sent to. Without `event_types`
            it is sent all.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | SignedWebhookBody]
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
    body: NewWebhookBody,
    idempotency_key: str | Unset = UNSET,
) -> Problem | SignedWebhookBody | None:
    """Add a webhook

     Send events to a URL from now on. The signing secret is shown this once.

    Args:
        idempotency_key (str | Unset):
        body (NewWebhookBody): Name the https URL that events are sent to. Without `event_types`
            it is sent all.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | SignedWebhookBody
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
