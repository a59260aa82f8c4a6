from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.credential_body import CredentialBody
from ...models.problem import Problem
from ...models.rotate_access_key_body import RotateAccessKeyBody
from ...models.rotate_account_key_body import RotateAccountKeyBody
from ...models.rotate_hmac_key_body import RotateHmacKeyBody
from ...models.rotate_role_body import RotateRoleBody
from ...models.rotate_sas_token_body import RotateSasTokenBody
from ...models.rotate_service_account_key_body import RotateServiceAccountKeyBody
from ...models.rotate_service_principal_body import RotateServicePrincipalBody
from ...models.rotate_workload_identity_body import RotateWorkloadIdentityBody
from ...types import UNSET, Response, Unset


def _get_kwargs(
    credential_id: UUID,
    *,
    body: RotateAccessKeyBody
    | RotateAccountKeyBody
    | RotateHmacKeyBody
    | RotateRoleBody
    | RotateSasTokenBody
    | RotateServiceAccountKeyBody
    | RotateServicePrincipalBody
    | RotateWorkloadIdentityBody,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/credentials/{credential_id}/rotate".format(
            credential_id=quote(str(credential_id), safe=""),
        ),
    }

    if (
        isinstance(body, RotateRoleBody)
        or isinstance(body, RotateAccessKeyBody)
        or isinstance(body, RotateWorkloadIdentityBody)
        or isinstance(body, RotateServiceAccountKeyBody)
        or isinstance(body, RotateHmacKeyBody)
        or isinstance(body, RotateServicePrincipalBody)
        or isinstance(body, RotateAccountKeyBody)
    ):
        _kwargs["json"] = body.to_dict()
    else:
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> CredentialBody | Problem | None:
    if response.status_code == 200:
        response_200 = CredentialBody.from_dict(response.json())

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
) -> Response[CredentialBody | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    credential_id: UUID,
    *,
    client: AuthenticatedClient,
    body: RotateAccessKeyBody
    | RotateAccountKeyBody
    | RotateHmacKeyBody
    | RotateRoleBody
    | RotateSasTokenBody
    | RotateServiceAccountKeyBody
    | RotateServicePrincipalBody
    | RotateWorkloadIdentityBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[CredentialBody | Problem]:
    """Rotate a storage credential

     Replace the role or the keys. The ExternalId stays; imports verify access anew.

    While locations are attached, a role or a service account is refused that others could name as
    theirs.

    Args:
        credential_id (UUID):
        idempotency_key (str | Unset):
        body (RotateAccessKeyBody | RotateAccountKeyBody | RotateHmacKeyBody | RotateRoleBody |
            RotateSasTokenBody | RotateServiceAccountKeyBody | RotateServicePrincipalBody |
            RotateWorkloadIdentityBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CredentialBody | Problem]
    """

    kwargs = _get_kwargs(
        credential_id=credential_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    credential_id: UUID,
    *,
    client: AuthenticatedClient,
    body: RotateAccessKeyBody
    | RotateAccountKeyBody
    | RotateHmacKeyBody
    | RotateRoleBody
    | RotateSasTokenBody
    | RotateServiceAccountKeyBody
    | RotateServicePrincipalBody
    | RotateWorkloadIdentityBody,
    idempotency_key: str | Unset = UNSET,
) -> CredentialBody | Problem | None:
    """Rotate a storage credential

     Replace the role or the keys. The ExternalId stays; imports verify access anew.

    While locations are attached, a role or a service account is refused that others could name as
    theirs.

    Args:
        credential_id (UUID):
        idempotency_key (str | Unset):
        body (RotateAccessKeyBody | RotateAccountKeyBody | RotateHmacKeyBody | RotateRoleBody |
            RotateSasTokenBody | RotateServiceAccountKeyBody | RotateServicePrincipalBody |
            RotateWorkloadIdentityBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CredentialBody | Problem
    """

    return sync_detailed(
        credential_id=credential_id,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    credential_id: UUID,
    *,
    client: AuthenticatedClient,
    body: RotateAccessKeyBody
    | RotateAccountKeyBody
    | RotateHmacKeyBody
    | RotateRoleBody
    | RotateSasTokenBody
    | RotateServiceAccountKeyBody
    | RotateServicePrincipalBody
    | RotateWorkloadIdentityBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[CredentialBody | Problem]:
    """Rotate a storage credential

     Replace the role or the keys. The ExternalId stays; imports verify access anew.

    While locations are attached, a role or a service account is refused that others could name as
    theirs.

    Args:
        credential_id (UUID):
        idempotency_key (str | Unset):
        body (RotateAccessKeyBody | RotateAccountKeyBody | RotateHmacKeyBody | RotateRoleBody |
            RotateSasTokenBody | RotateServiceAccountKeyBody | RotateServicePrincipalBody |
            RotateWorkloadIdentityBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CredentialBody | Problem]
    """

    kwargs = _get_kwargs(
        credential_id=credential_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    credential_id: UUID,
    *,
    client: AuthenticatedClient,
    body: RotateAccessKeyBody
    | RotateAccountKeyBody
    | RotateHmacKeyBody
    | RotateRoleBody
    | RotateSasTokenBody
    | RotateServiceAccountKeyBody
    | RotateServicePrincipalBody
    | RotateWorkloadIdentityBody,
    idempotency_key: str | Unset = UNSET,
) -> CredentialBody | Problem | None:
    """Rotate a storage credential

     Replace the role or the keys. The ExternalId stays; imports verify access anew.

    While locations are attached, a role or a service account is refused that others could name as
    theirs.

    Args:
        credential_id (UUID):
        idempotency_key (str | Unset):
        body (RotateAccessKeyBody | RotateAccountKeyBody | RotateHmacKeyBody | RotateRoleBody |
            RotateSasTokenBody | RotateServiceAccountKeyBody | RotateServicePrincipalBody |
            RotateWorkloadIdentityBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CredentialBody | Problem
    """

    return (
        await asyncio_detailed(
            credential_id=credential_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
