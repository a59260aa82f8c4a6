"""A model of imports: what they should make of a bucket, in the plainest Python there is."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from shared.database.import_changes import TINY_BYTES
from shared.storage.base import ObjectRow, decode_key

Change = tuple[str, str, str | None]


@dataclass(frozen=True)
class Known:
    """What is known of one asset, with the (version, key, size, ETag) that it had before."""

    key: str
    size: int
    etag: str
    last_modified: datetime
    storage_class: str
    state: str
    version: int = 1
    history: tuple[tuple[int, str, int, str], ...] = ()

    def becomes(self, row: ObjectRow, key: str) -> "Known":
        """Return the asset as its object is now."""
        after = replace(
            self,
            key=key,
            size=row.size,
            etag=row.etag,
            last_modified=row.last_modified,
            storage_class=row.storage_class,
            state=state_of(row),
        )
        if (key, row.size, row.etag) == (self.key, self.size, self.etag):
            return after
        was = (self.version, self.key, self.size, self.etag)
        return replace(after, version=self.version + 1, history=(*self.history, was))


@dataclass(frozen=True)
class Outcome:
    """What an import should do: to the assets that there are, and which it should add."""

    after: Mapping[UUID, Known] = field(default_factory=dict)
    added: Mapping[str, Known] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    asks: bool = False


@dataclass
class _Scan:
    """What a comparison has found so far."""

    counts: Counter[str] = field(default_factory=Counter)
    came: dict[str, ObjectRow] = field(default_factory=dict)
    gone: dict[str, UUID] = field(default_factory=dict)
    after: dict[UUID, Known] = field(default_factory=dict)
    kinds: dict[str, Change] = field(default_factory=dict)

    def take(self, key: str, row: ObjectRow, asset_id: UUID | None, known: Known | None) -> None:
        """Compare a selected object with its asset, if there is one."""
        self.counts["archived"] += state_of(row) == "archived"
        if asset_id is None or known is None:
            self.came[key] = row
            return
        after = known.becomes(row, key)
        if after == known:
            self.counts["unchanged"] += 1
            return
        kind = "restored" if known.state == "missing" else "changed"
        self._note(kind, key)
        self.after[asset_id] = after

    def lose(self, key: str, asset_id: UUID) -> None:
        """Note an asset whose object is gone."""
        self.gone[key] = asset_id

    def pair(self, assets: Mapping[UUID, Known]) -> None:
        """Understand as moves what is surely the same object."""
        for old, new in _moves({key: assets[self.gone[key]] for key in self.gone}, self.came):
            asset_id = self.gone.pop(old)
            self.after[asset_id] = assets[asset_id].becomes(self.came.pop(new), new)
            self.counts["moved"] += 1
            self.kinds[new] = ("moved", new, old)

    def outcome(self, assets: Mapping[UUID, Known], *, share: float) -> Outcome:
        """Say what is left of it."""
        for key, asset_id in self.gone.items():
            self._note("missing", key)
            self.after[asset_id] = replace(assets[asset_id], state="missing")
        for key in self.came:
            self._note("added", key)
        changes = tuple(change for _, change in sorted(self.kinds.items()))
        counts = {name: count for name, count in self.counts.items() if count}
        added = {key: _asset_of(key, row) for key, row in self.came.items()}
        return Outcome(self.after, added, changes, counts, _asks(self.counts, share))

    def _note(self, kind: str, key: str) -> None:
        self.counts[kind] += 1
        self.kinds[key] = (kind, key, None)


def expect_sync(
    assets: Mapping[UUID, Known],
    bucket: Mapping[bytes, ObjectRow],
    *,
    prefix: str,
    min_size: int,
    plan: str,
    share: float,
) -> Outcome:
    """Return what an import of a prefix should do, which leaves smaller objects out."""
    scan = _Scan()
    ids = {known.key: asset_id for asset_id, known in assets.items()}
    listed = set()
    for raw, row in bucket.items():
        key = decode_key(raw)
        if not raw.startswith(prefix.encode()):
            continue
        scan.counts["listed"] += 1
        if not isinstance(key, str):
            scan.counts["rejected"] += 1
            continue
        listed.add(key)
        if row.size < min_size:
            scan.counts["skipped"] += 1
            continue
        asset_id = ids.get(key)
        scan.take(key, row, asset_id, assets[asset_id] if asset_id else None)
    for key, asset_id in ids.items():
        if key.startswith(prefix) and key not in listed and assets[asset_id].state != "missing":
            scan.lose(key, asset_id)
    scan.pair(assets)
    return _as_planned(scan.outcome(assets, share=share), plan)


def expect_source_files(
    assets: Mapping[UUID, Known], bucket: Mapping[bytes, ObjectRow], keys: Collection[str]
) -> Outcome:
    """Return what an import of these keys should do at once."""
    scan = _Scan()
    ids = {known.key: asset_id for asset_id, known in assets.items()}
    for key in keys:
        scan.counts["listed"] += 1
        row, asset_id = bucket.get(key.encode()), ids.get(key)
        if row is not None:
            scan.take(key, row, asset_id, assets[asset_id] if asset_id else None)
            continue
        scan.counts["rejected"] += 1
        if asset_id is not None and assets[asset_id].state != "missing":
            scan.lose(key, asset_id)
    return _as_planned(scan.outcome(assets, share=1), "none")


def state_of(row: ObjectRow) -> str:
    return "archived" if row.storage_class in {"GLACIER", "DEEP_ARCHIVE"} else "available"


def _as_planned(outcome: Outcome, plan: str) -> Outcome:
    if plan == "none":
        return replace(outcome, changes=(), asks=False)
    if plan == "dry_run":
        return replace(outcome, after={}, added={}, asks=False)
    counts = dict(outcome.counts) | ({"applied": len(outcome.changes)} if outcome.changes else {})
    return replace(outcome, counts=counts)


def _asset_of(key: str, row: ObjectRow) -> Known:
    return Known(key, row.size, row.etag, row.last_modified, row.storage_class, state_of(row))


def _moves(gone: Mapping[str, Known], came: Mapping[str, ObjectRow]) -> list[tuple[str, str]]:
    pairs = []
    for old, known in gone.items():
        alike = (known.size, known.etag)
        news = [key for key, row in came.items() if (row.size, row.etag) == alike]
        olds = [key for key, other in gone.items() if (other.size, other.etag) == alike]
        if known.size == 0 or len(news) != 1 or len(olds) != 1:
            continue
        (new,) = news
        is_small = known.size < TINY_BYTES
        is_named_alike = old.rpartition("/")[2] == new.rpartition("/")[2]
        if came[new].last_modified >= known.last_modified and (not is_small or is_named_alike):
            pairs.append((old, new))
    return pairs


def _asks(counts: Counter[str], share: float) -> bool:
    missing = counts["missing"]
    before = missing + sum(counts[name] for name in ("unchanged", "changed", "moved"))
    return missing > 0 and (missing == before or Fraction(missing, before) > Fraction(str(share)))
