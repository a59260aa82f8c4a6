from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.asset_state import AssetState
from ...models.change_kind import ChangeKind
from ...models.page_change_body import PageChangeBody
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    import_id: UUID,
    *,
    kind: ChangeKind | None | Unset = UNSET,
    state: AssetState | None | Unset = UNSET,
    unreadable: bool | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_kind: None | str | Unset
    if isinstance(kind, Unset):
        json_kind = UNSET
    elif isinstance(kind, ChangeKind):
        json_kind = kind.value
    else:
        json_kind = kind
    params["kind"] = json_kind

    json_state: None | str | Unset
    if isinstance(state, Unset):
        json_state = UNSET
    elif isinstance(state, AssetState):
        json_state = state.value
    else:
        json_state = state
    params["state"] = json_state

    json_unreadable: bool | None | Unset
    if isinstance(unreadable, Unset):
        json_unreadable = UNSET
    else:
        json_unreadable = unreadable
    params["unreadable"] = json_unreadable

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
        "url": "/v1/imports/{import_id}/changes".format(
            import_id=quote(str(import_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PageChangeBody | Problem | None:
    if response.status_code == 200:
        response_200 = PageChangeBody.from_dict(response.json())

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
) -> Response[PageChangeBody | Problem]:
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
    kind: ChangeKind | None | Unset = UNSET,
    state: AssetState | None | Unset = UNSET,
    unreadable: bool | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[PageChangeBody | Problem]:
    """List changes

     List what an import with a plan found to differ, in key order.

    An import without one (`plan` is `none`) has applied each difference as it found it, and lists
    nothing here. `unreadable` narrows the list to objects that were tried and could not be read, or
    to all others, of which most were not tried.

    Args:
        import_id (UUID):
        kind (ChangeKind | None | Unset):
        state (AssetState | None | Unset):
        unreadable (bool | None | Unset):
        cursor (None | str | Unset): `next_cursor` of a page.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageChangeBody | Problem]
    """

    kwargs = _get_kwargs(
        import_id=import_id,
        kind=kind,
        state=state,
        unreadable=unreadable,
        cursor=cursor,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    import_id: UUID,
    *,
    client: AuthenticatedClient,
    kind: ChangeKind | None | Unset = UNSET,
    state: AssetState | None | Unset = UNSET,
    unreadable: bool | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> PageChangeBody | Problem | None:
    """List changes

     List what an import with a plan found to differ, in key order.

    An import without one (`plan` is `none`) has applied each difference as it found it, and lists
    nothing here. `unreadable` narrows the list to objects that were tried and could not be read, or
    to all others, of which most were not tried.

    Args:
        import_id (UUID):
        kind (ChangeKind | None | Unset):
        state (AssetState | None | Unset):
        unreadable (bool | None | Unset):
        cursor (None | str | Unset): `next_cursor` of a page.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageChangeBody | Problem
    """

    return sync_detailed(
        import_id=import_id,
        client=client,
        kind=kind,
        state=state,
        unreadable=unreadable,
        cursor=cursor,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    import_id: UUID,
    *,
    client: AuthenticatedClient,
    kind: ChangeKind | None | Unset = UNSET,
    state: AssetState | None | Unset = UNSET,
    unreadable: bool | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[PageChangeBody | Problem]:
    """List changes

     List what an import with a plan found to differ, in key order.

    An import without one (`plan` is `none`) has applied each difference as it found it, and lists
    nothing here. `unreadable` narrows the list to objects that were tried and could not be read, or
    to all others, of which most were not tried.

    Args:
        import_id (UUID):
        kind (ChangeKind | None | Unset):
        state (AssetState | None | Unset):
        unreadable (bool | None | Unset):
        cursor (None | str | Unset): `next_cursor` of a page.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageChangeBody | Problem]
    """

    kwargs = _get_kwargs(
        import_id=import_id,
        kind=kind,
        state=state,
        unreadable=unreadable,
        cursor=cursor,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    import_id: UUID,
    *,
    client: AuthenticatedClient,
    kind: ChangeKind | None | Unset = UNSET,
    state: AssetState | None | Unset = UNSET,
    unreadable: bool | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> PageChangeBody | Problem | None:
    """List changes

     List what an import with a plan found to differ, in key order.

    An import without one (`plan` is `none`) has applied each difference as it found it, and lists
    nothing here. `unreadable` narrows the list to objects that were tried and could not be read, or
    to all others, of which most were not tried.

    Args:
        import_id (UUID):
        kind (ChangeKind | None | Unset):
        state (AssetState | None | Unset):
        unreadable (bool | None | Unset):
        cursor (None | str | Unset): `next_cursor` of a page.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageChangeBody | Problem
    """

    return (
        await asyncio_detailed(
            import_id=import_id,
            client=client,
            kind=kind,
            state=state,
            unreadable=unreadable,
            cursor=cursor,
            limit=limit,
        )
    ).parsed
