from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CountsBody")


@_attrs_define
class CountsBody:
    """What the import did so far.

    `listed` are the keys that the bucket listed, or the source files that were looked for; each was
    added, changed, restored, unchanged or rejected. `archived` are those of them whose object must
    be restored before it can be read; `missing` are assets whose object was no longer found.

        Attributes:
            added (int):
            archived (int):
            changed (int):
            listed (int):
            missing (int):
            rejected (int):
            restored (int):
            unchanged (int):
    """

    added: int
    archived: int
    changed: int
    listed: int
    missing: int
    rejected: int
    restored: int
    unchanged: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        added = self.added

        archived = self.archived

        changed = self.changed

        listed = self.listed

        missing = self.missing

        rejected = self.rejected

        restored = self.restored

        unchanged = self.unchanged

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "added": added,
                "archived": archived,
                "changed": changed,
                "listed": listed,
                "missing": missing,
                "rejected": rejected,
                "restored": restored,
                "unchanged": unchanged,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        added = d.pop("added")

        archived = d.pop("archived")

        changed = d.pop("changed")

        listed = d.pop("listed")

        missing = d.pop("missing")

        rejected = d.pop("rejected")

        restored = d.pop("restored")

        unchanged = d.pop("unchanged")

        counts_body = cls(
            added=added,
            archived=archived,
            changed=changed,
            listed=listed,
            missing=missing,
            rejected=rejected,
            restored=restored,
            unchanged=unchanged,
        )

        counts_body.additional_properties = d
        return counts_body

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
