from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="BrowserLinkBody")


@_attrs_define
class BrowserLinkBody:
    """A link that works once, to be opened by a person or loaded by a page.

    `url` is a page for a browser in the customer's network. `module_url` is a module that does the
    same in a page of one of the location's origins, where scripts read as viewers will.

        Attributes:
            expires_at (datetime.datetime):
            module_url (str):
            url (str):
    """

    expires_at: datetime.datetime
    module_url: str
    url: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        expires_at = self.expires_at.isoformat()

        module_url = self.module_url

        url = self.url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "expires_at": expires_at,
                "module_url": module_url,
                "url": url,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        module_url = d.pop("module_url")

        url = d.pop("url")

        browser_link_body = cls(
            expires_at=expires_at,
            module_url=module_url,
            url=url,
        )

        browser_link_body.additional_properties = d
        return browser_link_body

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
