from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.remedy_body_who import RemedyBodyWho

if TYPE_CHECKING:
    from ..models.remedy_body_documents import RemedyBodyDocuments


T = TypeVar("T", bound="RemedyBody")


@_attrs_define
class RemedyBody:
    """Who must act, what they do, and the exact documents to paste, by name.

    Attributes:
        documents (RemedyBodyDocuments):
        text (str):
        who (RemedyBodyWho):
    """

    documents: RemedyBodyDocuments
    text: str
    who: RemedyBodyWho
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        documents = self.documents.to_dict()

        text = self.text

        who = self.who.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "documents": documents,
                "text": text,
                "who": who,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.remedy_body_documents import RemedyBodyDocuments

        d = dict(src_dict)
        documents = RemedyBodyDocuments.from_dict(d.pop("documents"))

        text = d.pop("text")

        who = RemedyBodyWho(d.pop("who"))

        remedy_body = cls(
            documents=documents,
            text=text,
            who=who,
        )

        remedy_body.additional_properties = d
        return remedy_body

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
