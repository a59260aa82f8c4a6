from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.seen_from import SeenFrom
from ..models.status import Status

if TYPE_CHECKING:
    from ..models.cause_body import CauseBody
    from ..models.check_body_measured import CheckBodyMeasured
    from ..models.remedy_body import RemedyBody


T = TypeVar("T", bound="CheckBody")


@_attrs_define
class CheckBody:
    """One check. `subject` is the origin for the checks whose names begin with `browser_`.

    The causes come in order of likelihood; the remedy is that of the likeliest one. `measured` are
    values, such as the length of a session. `seen_from` says who made the check: Mooring, or a
    browser that opened the link to a browser check.

        Attributes:
            causes (list[CauseBody]):
            duration_ms (float):
            finding (str):
            measured (CheckBodyMeasured):
            name (str):
            remedy (None | RemedyBody):
            seen_from (SeenFrom): Where a check was made: where Mooring runs, or in a browser of the customer's.
            status (Status): How a check ended. Skipped is not passed.
            subject (None | str):
    """

    causes: list[CauseBody]
    duration_ms: float
    finding: str
    measured: CheckBodyMeasured
    name: str
    remedy: None | RemedyBody
    seen_from: SeenFrom
    status: Status
    subject: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.remedy_body import RemedyBody

        causes = []
        for causes_item_data in self.causes:
            causes_item = causes_item_data.to_dict()
            causes.append(causes_item)

        duration_ms = self.duration_ms

        finding = self.finding

        measured = self.measured.to_dict()

        name = self.name

        remedy: dict[str, Any] | None
        if isinstance(self.remedy, RemedyBody):
            remedy = self.remedy.to_dict()
        else:
            remedy = self.remedy

        seen_from = self.seen_from.value

        status = self.status.value

        subject: None | str
        subject = self.subject

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "causes": causes,
                "duration_ms": duration_ms,
                "finding": finding,
                "measured": measured,
                "name": name,
                "remedy": remedy,
                "seen_from": seen_from,
                "status": status,
                "subject": subject,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.cause_body import CauseBody
        from ..models.check_body_measured import CheckBodyMeasured
        from ..models.remedy_body import RemedyBody

        d = dict(src_dict)
        causes = []
        _causes = d.pop("causes")
        for causes_item_data in _causes:
            causes_item = CauseBody.from_dict(causes_item_data)

            causes.append(causes_item)

        duration_ms = d.pop("duration_ms")

        finding = d.pop("finding")

        measured = CheckBodyMeasured.from_dict(d.pop("measured"))

        name = d.pop("name")

        def _parse_remedy(data: object) -> None | RemedyBody:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                remedy_type_0 = RemedyBody.from_dict(data)

                return remedy_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RemedyBody, data)

        remedy = _parse_remedy(d.pop("remedy"))

        seen_from = SeenFrom(d.pop("seen_from"))

        status = Status(d.pop("status"))

        def _parse_subject(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        subject = _parse_subject(d.pop("subject"))

        check_body = cls(
            causes=causes,
            duration_ms=duration_ms,
            finding=finding,
            measured=measured,
            name=name,
            remedy=remedy,
            seen_from=seen_from,
            status=status,
            subject=subject,
        )

        check_body.additional_properties = d
        return check_body

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
