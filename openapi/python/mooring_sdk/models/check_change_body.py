from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.check_change_body_who_type_0 import CheckChangeBodyWhoType0

if TYPE_CHECKING:
    from ..models.check_side_body import CheckSideBody


T = TypeVar("T", bound="CheckChangeBody")


@_attrs_define
class CheckChangeBody:
    """A check that ends otherwise than in the last good report.

    `before` is null where it was not tried then. `sentence` says what is different, `who` must act.

        Attributes:
            after (CheckSideBody): How a check ended.
            before (CheckSideBody | None):
            check (str):
            sentence (str):
            subject (None | str):
            who (CheckChangeBodyWhoType0 | None):
    """

    after: CheckSideBody
    before: CheckSideBody | None
    check: str
    sentence: str
    subject: None | str
    who: CheckChangeBodyWhoType0 | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.check_side_body import CheckSideBody

        after = self.after.to_dict()

        before: dict[str, Any] | None
        if isinstance(self.before, CheckSideBody):
            before = self.before.to_dict()
        else:
            before = self.before

        check = self.check

        sentence = self.sentence

        subject: None | str
        subject = self.subject

        who: None | str
        if isinstance(self.who, CheckChangeBodyWhoType0):
            who = self.who.value
        else:
            who = self.who

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "after": after,
                "before": before,
                "check": check,
                "sentence": sentence,
                "subject": subject,
                "who": who,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.check_side_body import CheckSideBody

        d = dict(src_dict)
        after = CheckSideBody.from_dict(d.pop("after"))

        def _parse_before(data: object) -> CheckSideBody | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                before_type_0 = CheckSideBody.from_dict(data)

                return before_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CheckSideBody | None, data)

        before = _parse_before(d.pop("before"))

        check = d.pop("check")

        sentence = d.pop("sentence")

        def _parse_subject(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        subject = _parse_subject(d.pop("subject"))

        def _parse_who(data: object) -> CheckChangeBodyWhoType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                who_type_0 = CheckChangeBodyWhoType0(data)

                return who_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CheckChangeBodyWhoType0 | None, data)

        who = _parse_who(d.pop("who"))

        check_change_body = cls(
            after=after,
            before=before,
            check=check,
            sentence=sentence,
            subject=subject,
            who=who,
        )

        check_change_body.additional_properties = d
        return check_change_body

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
