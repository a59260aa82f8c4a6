from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CountsBody")


@_attrs_define
class CountsBody:
    """What the import did so far, or has found to do: with a plan, `applied` of it are done.

    `listed` are the keys that the bucket listed, or the source files that were looked for; each was
    added, changed, moved, restored, unchanged, skipped by a filter or rejected. `archived` are
    those of them whose object must be restored before it can be read; `missing` are assets whose
    object was no longer found. With a plan up to 50 of the objects that came or changed are
    `probed`, whether they can be read; `unreadable` are those of them that cannot.

        Attributes:
            added (int):
            applied (int):
            archived (int):
            changed (int):
            listed (int):
            missing (int):
            moved (int):
            probed (int):
            rejected (int):
            restored (int):
            skipped (int):
            unchanged (int):
            unreadable (int):
    """

    added: int
    applied: int
    archived: int
    changed: int
    listed: int
    missing: int
    moved: int
    probed: int
    rejected: int
    restored: int
    skipped: int
    unchanged: int
    unreadable: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        added = self.added

        applied = self.applied

        archived = self.archived

        changed = self.changed

        listed = self.listed

        missing = self.missing

        moved = self.moved

        probed = self.probed

        rejected = self.rejected

        restored = self.restored

        skipped = self.skipped

        unchanged = self.unchanged

        unreadable = self.unreadable

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "added": added,
                "applied": applied,
                "archived": archived,
                "changed": changed,
                "listed": listed,
                "missing": missing,
                "moved": moved,
                "probed": probed,
                "rejected": rejected,
                "restored": restored,
                "skipped": skipped,
                "unchanged": unchanged,
                "unreadable": unreadable,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        added = d.pop("added")

        applied = d.pop("applied")

        archived = d.pop("archived")

        changed = d.pop("changed")

        listed = d.pop("listed")

        missing = d.pop("missing")

        moved = d.pop("moved")

        probed = d.pop("probed")

        rejected = d.pop("rejected")

        restored = d.pop("restored")

        skipped = d.pop("skipped")

        unchanged = d.pop("unchanged")

        unreadable = d.pop("unreadable")

        counts_body = cls(
            added=added,
            applied=applied,
            archived=archived,
            changed=changed,
            listed=listed,
            missing=missing,
            moved=moved,
            probed=probed,
            rejected=rejected,
            restored=restored,
            skipped=skipped,
            unchanged=unchanged,
            unreadable=unreadable,
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
