from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.webhook_body import WebhookBody


T = TypeVar("T", bound="SignedWebhookBody")


@_attrs_define
class SignedWebhookBody:
    """A webhook and its signing `secret`, which is shown this once.

    Attributes:
        secret (str):
        webhook (WebhookBody): Where events are sent. Without `event_types` it is sent all.
    """

    secret: str
    webhook: WebhookBody
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        secret = self.secret

        webhook = self.webhook.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "secret": secret,
                "webhook": webhook,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.webhook_body import WebhookBody

        d = dict(src_dict)
        secret = d.pop("secret")

        webhook = WebhookBody.from_dict(d.pop("webhook"))

        signed_webhook_body = cls(
            secret=secret,
            webhook=webhook,
        )

        signed_webhook_body.additional_properties = d
        return signed_webhook_body

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
