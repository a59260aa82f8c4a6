from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.cause_body_who import CauseBodyWho
from ..models.confidence import Confidence

if TYPE_CHECKING:
    from ..models.cause_body_documents import CauseBodyDocuments


T = TypeVar("T", bound="CauseBody")


@_attrs_define
class CauseBody:
    """One of what may be broken; `tell` says how to tell it from the others that fit.

    Attributes:
        code (str):
        confidence (Confidence): How sure a cause is: proved by what was answered, or one of several that fit.
        documents (CauseBodyDocuments):
        remedy (str):
        summary (str):
        tell (str):
        who (CauseBodyWho):
    """

    code: str
    confidence: Confidence
    documents: CauseBodyDocuments
    remedy: str
    summary: str
    tell: str
    who: CauseBodyWho
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        code = self.code

        confidence = self.confidence.value

        documents = self.documents.to_dict()

        remedy = self.remedy

        summary = self.summary

        tell = self.tell

        who = self.who.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "code": code,
                "confidence": confidence,
                "documents": documents,
                "remedy": remedy,
                "summary": summary,
                "tell": tell,
                "who": who,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.cause_body_documents import CauseBodyDocuments

        d = dict(src_dict)
        code = d.pop("code")

        confidence = Confidence(d.pop("confidence"))

        documents = CauseBodyDocuments.from_dict(d.pop("documents"))

        remedy = d.pop("remedy")

        summary = d.pop("summary")

        tell = d.pop("tell")

        who = CauseBodyWho(d.pop("who"))

        cause_body = cls(
            code=code,
            confidence=confidence,
            documents=documents,
            remedy=remedy,
            summary=summary,
            tell=tell,
            who=who,
        )

        cause_body.additional_properties = d
        return cause_body

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
