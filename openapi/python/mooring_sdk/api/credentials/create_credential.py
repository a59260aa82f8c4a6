from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.credential_body import CredentialBody
from ...models.new_access_key_body import NewAccessKeyBody
from ...models.new_account_key_body import NewAccountKeyBody
from ...models.new_assume_role_body import NewAssumeRoleBody
from ...models.new_hmac_key_body import NewHmacKeyBody
from ...models.new_organization_role_body import NewOrganizationRoleBody
from ...models.new_sas_token_body import NewSasTokenBody
from ...models.new_service_account_grant_body import NewServiceAccountGrantBody
from ...models.new_service_account_key_body import NewServiceAccountKeyBody
from ...models.new_service_principal_body import NewServicePrincipalBody
from ...models.new_tenant_consent_body import NewTenantConsentBody
from ...models.new_workload_identity_body import NewWorkloadIdentityBody
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: NewAccessKeyBody
    | NewAccountKeyBody
    | NewAssumeRoleBody
    | NewHmacKeyBody
    | NewOrganizationRoleBody
    | NewSasTokenBody
    | NewServiceAccountGrantBody
    | NewServiceAccountKeyBody
    | NewServicePrincipalBody
    | NewTenantConsentBody
    | NewWorkloadIdentityBody,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/credentials",
    }

    if (
        isinstance(body, NewAssumeRoleBody)
        or isinstance(body, NewOrganizationRoleBody)
        or isinstance(body, NewAccessKeyBody)
        or isinstance(body, NewServiceAccountGrantBody)
        or isinstance(body, NewWorkloadIdentityBody)
        or isinstance(body, NewServiceAccountKeyBody)
        or isinstance(body, NewHmacKeyBody)
        or isinstance(body, NewTenantConsentBody)
        or isinstance(body, NewServicePrincipalBody)
        or isinstance(body, NewAccountKeyBody)
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
    if response.status_code == 201:
        response_201 = CredentialBody.from_dict(response.json())

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
    *,
    client: AuthenticatedClient,
    body: NewAccessKeyBody
    | NewAccountKeyBody
    | NewAssumeRoleBody
    | NewHmacKeyBody
    | NewOrganizationRoleBody
    | NewSasTokenBody
    | NewServiceAccountGrantBody
    | NewServiceAccountKeyBody
    | NewServicePrincipalBody
    | NewTenantConsentBody
    | NewWorkloadIdentityBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[CredentialBody | Problem]:
    """Add a storage credential

     Add the identity with which Mooring reaches buckets. Its setup kit says what comes next.

    Args:
        idempotency_key (str | Unset):
        body (NewAccessKeyBody | NewAccountKeyBody | NewAssumeRoleBody | NewHmacKeyBody |
            NewOrganizationRoleBody | NewSasTokenBody | NewServiceAccountGrantBody |
            NewServiceAccountKeyBody | NewServicePrincipalBody | NewTenantConsentBody |
            NewWorkloadIdentityBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CredentialBody | Problem]
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
    body: NewAccessKeyBody
    | NewAccountKeyBody
    | NewAssumeRoleBody
    | NewHmacKeyBody
    | NewOrganizationRoleBody
    | NewSasTokenBody
    | NewServiceAccountGrantBody
    | NewServiceAccountKeyBody
    | NewServicePrincipalBody
    | NewTenantConsentBody
    | NewWorkloadIdentityBody,
    idempotency_key: str | Unset = UNSET,
) -> CredentialBody | Problem | None:
    """Add a storage credential

     Add the identity with which Mooring reaches buckets. Its setup kit says what comes next.

    Args:
        idempotency_key (str | Unset):
        body (NewAccessKeyBody | NewAccountKeyBody | NewAssumeRoleBody | NewHmacKeyBody |
            NewOrganizationRoleBody | NewSasTokenBody | NewServiceAccountGrantBody |
            NewServiceAccountKeyBody | NewServicePrincipalBody | NewTenantConsentBody |
            NewWorkloadIdentityBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CredentialBody | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: NewAccessKeyBody
    | NewAccountKeyBody
    | NewAssumeRoleBody
    | NewHmacKeyBody
    | NewOrganizationRoleBody
    | NewSasTokenBody
    | NewServiceAccountGrantBody
    | NewServiceAccountKeyBody
    | NewServicePrincipalBody
    | NewTenantConsentBody
    | NewWorkloadIdentityBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[CredentialBody | Problem]:
    """Add a storage credential

     Add the identity with which Mooring reaches buckets. Its setup kit says what comes next.

    Args:
        idempotency_key (str | Unset):
        body (NewAccessKeyBody | NewAccountKeyBody | NewAssumeRoleBody | NewHmacKeyBody |
            NewOrganizationRoleBody | NewSasTokenBody | NewServiceAccountGrantBody |
            NewServiceAccountKeyBody | NewServicePrincipalBody | NewTenantConsentBody |
            NewWorkloadIdentityBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CredentialBody | Problem]
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
    body: NewAccessKeyBody
    | NewAccountKeyBody
    | NewAssumeRoleBody
    | NewHmacKeyBody
    | NewOrganizationRoleBody
    | NewSasTokenBody
    | NewServiceAccountGrantBody
    | NewServiceAccountKeyBody
    | NewServicePrincipalBody
    | NewTenantConsentBody
    | NewWorkloadIdentityBody,
    idempotency_key: str | Unset = UNSET,
) -> CredentialBody | Problem | None:
    """Add a storage credential

     Add the identity with which Mooring reaches buckets. Its setup kit says what comes next.

    Args:
        idempotency_key (str | Unset):
        body (NewAccessKeyBody | NewAccountKeyBody | NewAssumeRoleBody | NewHmacKeyBody |
            NewOrganizationRoleBody | NewSasTokenBody | NewServiceAccountGrantBody |
            NewServiceAccountKeyBody | NewServicePrincipalBody | NewTenantConsentBody |
            NewWorkloadIdentityBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CredentialBody | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
