from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define

from ..models.new_presigned_urls_body_method import NewPresignedUrlsBodyMethod
from ..types import UNSET, Unset

T = TypeVar("T", bound="NewPresignedUrlsBody")


@_attrs_define
class NewPresignedUrlsBody:
    """Ask for URLs of assets of one dataset.

    Attributes:
        asset_ids (list[UUID]):
        dataset_id (UUID):
        expires_in (int | Unset):  Default: 900.
        method (NewPresignedUrlsBodyMethod | Unset):  Default: NewPresignedUrlsBodyMethod.GET.
    """

    asset_ids: list[UUID]
    dataset_id: UUID
    expires_in: int | Unset = 900
    method: NewPresignedUrlsBodyMethod | Unset = NewPresignedUrlsBodyMethod.GET

    def to_dict(self) -> dict[str, Any]:
        asset_ids = []
        for asset_ids_item_data in self.asset_ids:
            asset_ids_item = str(asset_ids_item_data)
            asset_ids.append(asset_ids_item)

        dataset_id = str(self.dataset_id)

        expires_in = self.expires_in

        method: str | Unset = UNSET
        if not isinstance(self.method, Unset):
            method = self.method.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "asset_ids": asset_ids,
                "dataset_id": dataset_id,
            }
        )
        if expires_in is not UNSET:
            field_dict["expires_in"] = expires_in
        if method is not UNSET:
            field_dict["method"] = method

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        asset_ids = []
        _asset_ids = d.pop("asset_ids")
        for asset_ids_item_data in _asset_ids:
            asset_ids_item = UUID(asset_ids_item_data)

            asset_ids.append(asset_ids_item)

        dataset_id = UUID(d.pop("dataset_id"))

        expires_in = d.pop("expires_in", UNSET)

        _method = d.pop("method", UNSET)
        method: NewPresignedUrlsBodyMethod | Unset
        if isinstance(_method, Unset):
            method = UNSET
        else:
            method = NewPresignedUrlsBodyMethod(_method)

        new_presigned_urls_body = cls(
            asset_ids=asset_ids,
            dataset_id=dataset_id,
            expires_in=expires_in,
            method=method,
        )

        return new_presigned_urls_body
