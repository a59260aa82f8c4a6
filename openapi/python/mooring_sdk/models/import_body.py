from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.import_body_plan import ImportBodyPlan
from ..models.import_body_trigger import ImportBodyTrigger
from ..models.import_state import ImportState
from ..models.phase import Phase

if TYPE_CHECKING:
    from ..models.counts_body import CountsBody
    from ..models.failure_body import FailureBody
    from ..models.import_body_rejected_by_code import ImportBodyRejectedByCode
    from ..models.import_body_skipped_by_reason import ImportBodySkippedByReason
    from ..models.selection_body import SelectionBody
    from ..models.warning_body import WarningBody


T = TypeVar("T", bound="ImportBody")


@_attrs_define
class ImportBody:
    """One run over a selection of a location into a dataset.

    `rate` is in objects listed per second and `elapsed` in seconds, both of the running time.
    `expected` is how many keys there are to list, as far as source files or the last import of the
    prefix tell, and `remaining` the seconds that this takes at the present rate. `waiting_for` is
    the code of the error that a running import waits out by itself.

        Attributes:
            counts (CountsBody): What the import did so far, or has found to do: with a plan, `applied` of it are done.

                `listed` are the keys that the bucket listed, or the source files that were looked for; each was
                added, changed, moved, restored, unchanged, skipped by a filter or rejected. `archived` are
                those of them whose object must be restored before it can be read; `missing` are assets whose
                object was no longer found. With a plan up to 50 of the objects that came or changed are
                `probed`, whether they can be read; `unreadable` are those of them that cannot.
            created_at (datetime.datetime):
            dataset_id (UUID):
            elapsed (float):
            expected (int | None):
            failure (FailureBody | None):
            finished_at (datetime.datetime | None):
            import_id (UUID):
            location_id (UUID):
            max_missing_share (float):
            mode (Literal['reference']):
            phase (None | Phase):
            pin_versions (bool):
            plan (ImportBodyPlan):
            rate (float):
            rejected_by_code (ImportBodyRejectedByCode):
            remaining (float | None):
            selection (SelectionBody): What the import is about: all keys below `prefix`, or a number of `source_files`.
            skipped_by_reason (ImportBodySkippedByReason):
            started_at (datetime.datetime | None):
            state (ImportState): Where an import is: queued → running → completed, failed or cancelled.

                A running one may be `paused` until it is resumed, and one whose plan must be agreed to is
                `awaiting_decision` until that is applied or `discarded`.
            trigger (ImportBodyTrigger):
            waiting_for (None | str):
            warnings (list[WarningBody]):
    """

    counts: CountsBody
    created_at: datetime.datetime
    dataset_id: UUID
    elapsed: float
    expected: int | None
    failure: FailureBody | None
    finished_at: datetime.datetime | None
    import_id: UUID
    location_id: UUID
    max_missing_share: float
    mode: Literal["reference"]
    phase: None | Phase
    pin_versions: bool
    plan: ImportBodyPlan
    rate: float
    rejected_by_code: ImportBodyRejectedByCode
    remaining: float | None
    selection: SelectionBody
    skipped_by_reason: ImportBodySkippedByReason
    started_at: datetime.datetime | None
    state: ImportState
    trigger: ImportBodyTrigger
    waiting_for: None | str
    warnings: list[WarningBody]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.failure_body import FailureBody

        counts = self.counts.to_dict()

        created_at = self.created_at.isoformat()

        dataset_id = str(self.dataset_id)

        elapsed = self.elapsed

        expected: int | None
        expected = self.expected

        failure: dict[str, Any] | None
        if isinstance(self.failure, FailureBody):
            failure = self.failure.to_dict()
        else:
            failure = self.failure

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        import_id = str(self.import_id)

        location_id = str(self.location_id)

        max_missing_share = self.max_missing_share

        mode = self.mode

        phase: None | str
        if isinstance(self.phase, Phase):
            phase = self.phase.value
        else:
            phase = self.phase

        pin_versions = self.pin_versions

        plan = self.plan.value

        rate = self.rate

        rejected_by_code = self.rejected_by_code.to_dict()

        remaining: float | None
        remaining = self.remaining

        selection = self.selection.to_dict()

        skipped_by_reason = self.skipped_by_reason.to_dict()

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        state = self.state.value

        trigger = self.trigger.value

        waiting_for: None | str
        waiting_for = self.waiting_for

        warnings = []
        for warnings_item_data in self.warnings:
            warnings_item = warnings_item_data.to_dict()
            warnings.append(warnings_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "counts": counts,
                "created_at": created_at,
                "dataset_id": dataset_id,
                "elapsed": elapsed,
                "expected": expected,
                "failure": failure,
                "finished_at": finished_at,
                "import_id": import_id,
                "location_id": location_id,
                "max_missing_share": max_missing_share,
                "mode": mode,
                "phase": phase,
                "pin_versions": pin_versions,
                "plan": plan,
                "rate": rate,
                "rejected_by_code": rejected_by_code,
                "remaining": remaining,
                "selection": selection,
                "skipped_by_reason": skipped_by_reason,
                "started_at": started_at,
                "state": state,
                "trigger": trigger,
                "waiting_for": waiting_for,
                "warnings": warnings,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.counts_body import CountsBody
        from ..models.failure_body import FailureBody
        from ..models.import_body_rejected_by_code import ImportBodyRejectedByCode
        from ..models.import_body_skipped_by_reason import ImportBodySkippedByReason
        from ..models.selection_body import SelectionBody
        from ..models.warning_body import WarningBody

        d = dict(src_dict)
        counts = CountsBody.from_dict(d.pop("counts"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        dataset_id = UUID(d.pop("dataset_id"))

        elapsed = d.pop("elapsed")

        def _parse_expected(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        expected = _parse_expected(d.pop("expected"))

        def _parse_failure(data: object) -> FailureBody | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                failure_type_0 = FailureBody.from_dict(data)

                return failure_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FailureBody | None, data)

        failure = _parse_failure(d.pop("failure"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))

        import_id = UUID(d.pop("import_id"))

        location_id = UUID(d.pop("location_id"))

        max_missing_share = d.pop("max_missing_share")

        mode = cast(Literal["reference"], d.pop("mode"))
        if mode != "reference":
            raise ValueError(f"mode must match const 'reference', got '{mode}'")

        def _parse_phase(data: object) -> None | Phase:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                phase_type_0 = Phase(data)

                return phase_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Phase, data)

        phase = _parse_phase(d.pop("phase"))

        pin_versions = d.pop("pin_versions")

        plan = ImportBodyPlan(d.pop("plan"))

        rate = d.pop("rate")

        rejected_by_code = ImportBodyRejectedByCode.from_dict(d.pop("rejected_by_code"))

        def _parse_remaining(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        remaining = _parse_remaining(d.pop("remaining"))

        selection = SelectionBody.from_dict(d.pop("selection"))

        skipped_by_reason = ImportBodySkippedByReason.from_dict(
            d.pop("skipped_by_reason")
        )

        def _parse_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_at_type_0 = datetime.datetime.fromisoformat(data)

                return started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started_at = _parse_started_at(d.pop("started_at"))

        state = ImportState(d.pop("state"))

        trigger = ImportBodyTrigger(d.pop("trigger"))

        def _parse_waiting_for(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        waiting_for = _parse_waiting_for(d.pop("waiting_for"))

        warnings = []
        _warnings = d.pop("warnings")
        for warnings_item_data in _warnings:
            warnings_item = WarningBody.from_dict(warnings_item_data)

            warnings.append(warnings_item)

        import_body = cls(
            counts=counts,
            created_at=created_at,
            dataset_id=dataset_id,
            elapsed=elapsed,
            expected=expected,
            failure=failure,
            finished_at=finished_at,
            import_id=import_id,
            location_id=location_id,
            max_missing_share=max_missing_share,
            mode=mode,
            phase=phase,
            pin_versions=pin_versions,
            plan=plan,
            rate=rate,
            rejected_by_code=rejected_by_code,
            remaining=remaining,
            selection=selection,
            skipped_by_reason=skipped_by_reason,
            started_at=started_at,
            state=state,
            trigger=trigger,
            waiting_for=waiting_for,
            warnings=warnings,
        )

        import_body.additional_properties = d
        return import_body

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
