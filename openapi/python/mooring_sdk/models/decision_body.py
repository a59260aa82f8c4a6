from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.decision_body_decision import DecisionBodyDecision

T = TypeVar("T", bound="DecisionBody")


@_attrs_define
class DecisionBody:
    """What becomes of a plan that waits.

    Attributes:
        decision (DecisionBodyDecision):
    """

    decision: DecisionBodyDecision

    def to_dict(self) -> dict[str, Any]:
        decision = self.decision.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "decision": decision,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        decision = DecisionBodyDecision(d.pop("decision"))

        decision_body = cls(
            decision=decision,
        )

        return decision_body
