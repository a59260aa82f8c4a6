"""Reading data files: the latest objects, exact in each format, from any row on."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.inventories.batches import BATCH_ROWS, RowBatch
from services.ingest.inventories.inventory import InventoryFormat
from services.ingest.inventories.reading import read_rows, stream_rows
from shared.errors import InvalidInventoryError
from shared.storage.base import ObjectRow, UndecodableKey
from tests.hard_keys import HARD_KEYS
from tests.services.ingest.inventories.reports import (
    COLUMNS,
    CSV,
    NOON,
    ORC,
    PARQUET,
    Listed,
    file_of,
    table_of,
    write,
    write_csv,
    write_table,
)

SHARED_FOLDER = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
KEYS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(
    lambda key: "\0" not in key
)
LISTED = st.builds(
    Listed,
    key=KEYS,
    size=st.integers(0, 2**63 - 1),
    etag=st.none() | st.sampled_from(["", "abc", '"abc"', "abc-17"]),
    time=st.datetimes(datetime(2006, 3, 14), datetime(2200, 1, 1)).map(  # noqa: DTZ001 (the next)
        lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000, tzinfo=UTC)
    ),
    storage_class=st.none() | st.sampled_from(["", "STANDARD", "GLACIER"]),
    version_id=st.none() | st.sampled_from(["", "null", "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"]),
    is_latest=st.booleans(),
    is_delete_marker=st.booleans(),
)


def read(path: Path, file_format: InventoryFormat, after: int = 0) -> list[ObjectRow]:
    batches = [*read_rows(path, file_of(file_format), after=after)]
    assert [key for batch in batches for key in batch.undecodable] == []
    return [row for batch in batches for row in batch.rows]


@pytest.mark.parametrize("file_format", InventoryFormat)
@SHARED_FOLDER
@given(data=st.data())
def test_what_is_listed_is_read(
    tmp_path: Path, file_format: InventoryFormat, data: st.DataObject
) -> None:
    listed = data.draw(st.lists(LISTED, max_size=8))
    write(tmp_path / "data", file_format, listed)
    assert read(tmp_path / "data", file_format) == [
        each.row() for each in listed if each.is_latest and not each.is_delete_marker
    ]


@pytest.mark.parametrize("file_format", InventoryFormat)
def test_hard_keys_are_read_verbatim(tmp_path: Path, file_format: InventoryFormat) -> None:
    write(tmp_path / "data", file_format, [Listed(key) for key in HARD_KEYS])
    assert [row.key for row in read(tmp_path / "data", file_format)] == [*HARD_KEYS]


@pytest.mark.parametrize("file_format", InventoryFormat)
def test_a_key_that_is_no_text_stands_apart(tmp_path: Path, file_format: InventoryFormat) -> None:
    listed = [Listed("a"), Listed(b"b\xff"), Listed("c\0"), Listed("é"), Listed(b"\xff", None)]
    listed[-1] = replace(listed[-1], is_delete_marker=True)
    file = write(tmp_path / "data", file_format, listed)
    assert [*read_rows(tmp_path / "data", file)] == [
        RowBatch(
            last=5,
            rows=[listed[0].row(), listed[3].row()],
            undecodable=[
                UndecodableKey(b"b\xff", "key-not-utf8", "The key is not valid UTF-8."),
                UndecodableKey(b"c\0", "key-has-nul", "The key has a NUL character."),
            ],
        )
    ]


@pytest.mark.parametrize("file_format", InventoryFormat)
def test_delete_markers_and_old_versions_need_no_size_time_or_etag(
    tmp_path: Path, file_format: InventoryFormat
) -> None:
    gone = Listed("gone", None, None, None, None, "v2", is_delete_marker=True)
    old = Listed("old", None, None, None, None, "v1", is_latest=False)
    write(tmp_path / "data", file_format, [gone, old, Listed("kept", version_id="v3")])
    [row] = read(tmp_path / "data", file_format)
    assert (row.key, row.version_id) == ("kept", "v3")


@pytest.mark.parametrize("file_format", InventoryFormat)
async def test_a_reading_goes_on_behind_any_batch(
    tmp_path: Path, file_format: InventoryFormat
) -> None:
    listed = [
        Listed(f"key {number}", number, is_latest=number % 3 != 0, time=NOON)
        for number in range(1, 2 * BATCH_ROWS + 346)
    ]
    path = tmp_path / "data"
    file = write(path, file_format, listed)
    batches = [batch async for batch in stream_rows(path, file)]
    assert [batch.last for batch in batches] == [BATCH_ROWS, 2 * BATCH_ROWS, len(listed)]
    assert [row for batch in batches for row in batch.rows] == [
        each.row() for each in listed if each.is_latest
    ]
    for number, batch in enumerate(batches, 1):
        assert [each async for each in stream_rows(path, file, after=batch.last)] == (
            batches[number:]
        )
    assert [row.size for row in read(path, file_format, after=BATCH_ROWS + 5)] == [
        each.size for each in listed[BATCH_ROWS + 5 :] if each.is_latest
    ]


@pytest.mark.parametrize("file_format", InventoryFormat)
def test_an_empty_data_file_has_no_rows(tmp_path: Path, file_format: InventoryFormat) -> None:
    write(tmp_path / "data", file_format, [])
    assert read(tmp_path / "data", file_format) == []


@pytest.mark.parametrize("file_format", [ORC, PARQUET])
def test_columns_are_found_by_name_and_need_not_all_be_there(
    tmp_path: Path, file_format: InventoryFormat
) -> None:
    table = table_of(file_format, [Listed("a", is_latest=False), Listed("b")])
    few = table.select(["e_tag", "last_modified_date", "size", "key"])
    write_table(tmp_path / "data", file_format, few)
    assert [row.key for row in read(tmp_path / "data", file_format)] == ["a", "b"]


@pytest.mark.parametrize("name", ["key", "size", "e_tag", "last_modified_date"])
@pytest.mark.parametrize("file_format", [ORC, PARQUET])
def test_a_data_file_without_a_column_is_refused(
    tmp_path: Path, file_format: InventoryFormat, name: str
) -> None:
    table = table_of(file_format, [Listed("a")]).drop_columns([name])
    write_table(tmp_path / "data", file_format, table)
    with pytest.raises(InvalidInventoryError, match="The inventory has no"):
        read(tmp_path / "data", file_format)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1_700_000_000_123]),
        pa.array([1_700_000_000_123], pa.timestamp("ms")),
        pa.array([1_700_000_000_123_000], pa.timestamp("us", tz="UTC")),
        pa.array([1_700_000_000_123_000_000], pa.timestamp("ns", tz="Europe/Berlin")),
        pa.array(["2023-11-14T22:13:20.123Z"]),
        pa.array(["2023-11-15T00:13:20.123+02:00"]),
        pa.array(["2023-11-14T22:13:20.123"]),
    ],
)
def test_times_are_the_same_however_they_are_written(tmp_path: Path, column: pa.Array) -> None:
    table = table_of(PARQUET, [Listed("a")])
    place = table.schema.get_field_index("last_modified_date")
    write_table(tmp_path / "data", PARQUET, table.set_column(place, "last_modified_date", column))
    [row] = read(tmp_path / "data", PARQUET)
    assert row.last_modified == datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC)
    assert row.last_modified.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "broken",
    [
        Listed(""),
        Listed("a", size=None),
        Listed("a", size=-1),
        Listed("a", time=None),
    ],
)
@pytest.mark.parametrize("file_format", InventoryFormat)
def test_a_row_without_what_every_object_has_is_refused(
    tmp_path: Path, file_format: InventoryFormat, broken: Listed
) -> None:
    write(tmp_path / "data", file_format, [Listed("fine"), broken, Listed("fine")])
    with pytest.raises(InvalidInventoryError, match="before row 3"):
        read(tmp_path / "data", file_format)


def test_a_broken_row_beside_a_key_that_is_no_text_is_refused(tmp_path: Path) -> None:
    for file_format in InventoryFormat:
        write(tmp_path / "data", file_format, [Listed(b"\xff"), Listed("")])
        with pytest.raises(InvalidInventoryError):
            [*read_rows(tmp_path / "data", file_of(file_format))]


@pytest.mark.parametrize("file_format", InventoryFormat)
@pytest.mark.parametrize("raw", [b"", b"PAR1", b"ORC", b"\x1f\x8b\x08", b"no format at all" * 99])
def test_what_is_of_no_format_is_refused(
    tmp_path: Path, file_format: InventoryFormat, raw: bytes
) -> None:
    (tmp_path / "data").write_bytes(raw)
    if raw == b"" and file_format is CSV:
        return  # gzip of no members holds nothing
    with pytest.raises(InvalidInventoryError, match=file_format.value):
        read(tmp_path / "data", file_format)


@pytest.mark.parametrize("file_format", InventoryFormat)
def test_a_data_file_that_is_spoiled_is_refused(
    tmp_path: Path, file_format: InventoryFormat
) -> None:
    write(tmp_path / "data", file_format, [Listed(f"key {number}") for number in range(5_000)])
    raw = (tmp_path / "data").read_bytes()
    middle = len(raw) // 2
    for spoiled in (raw[:middle], raw[: middle - 50] + bytes(100) + raw[middle + 50 :]):
        (tmp_path / "data").write_bytes(spoiled)
        with pytest.raises(InvalidInventoryError):
            read(tmp_path / "data", file_format)


@pytest.mark.parametrize(
    "text",
    [
        '"a","b"\n',
        f"{'x,' * len(COLUMNS)}x\n",
        '"a"b",' + '"",' * (len(COLUMNS) - 2) + '""\n',
        "x" * 100_000,
    ],
)
def test_csv_that_does_not_fit_its_schema_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "data").write_bytes(gzip.compress(text.encode() * 30))
    with pytest.raises(InvalidInventoryError):
        read(tmp_path / "data", CSV)


def test_csv_may_end_without_a_line_feed_and_have_carriage_returns(tmp_path: Path) -> None:
    write_csv(tmp_path / "data", [Listed("a"), Listed("b c+d")])
    text = gzip.decompress((tmp_path / "data").read_bytes()).replace(b"\n", b"\r\n")
    (tmp_path / "data").write_bytes(gzip.compress(text[:-2]))
    assert [row.key for row in read(tmp_path / "data", CSV)] == ["a", "b c+d"]
