import json

from tests.bench.lines import Line, compared
from tests.bench.tables import markdown_of


def test_a_line_has_the_medians_and_the_ratio_to_the_peer_that_did_best() -> None:
    line = compared("s3.list", [3.0, 9.0, 4.0], "keys/s", {"a": [1.0, 1.0, 8.0], "b": [2.0] * 3})
    assert line.document() == {
        "ours": 4.0,
        "unit": "keys/s",
        "peers": {"a": 1.0, "b": 2.0},
        "ratio": 2.0,
        "runs": 3,
    }


def test_a_line_without_peers_has_no_ratio() -> None:
    assert compared("s3.list", [1.0], "keys/s", {}).document()["ratio"] is None


def test_what_was_measured_is_written_as_a_markdown_table() -> None:
    lines = [
        Line("s3.import.1", 98_765.4, "objects/s", {"naive": 1_234.5, "other": 0.5}, 80.004),
        Line("s3.resync.rows", 0.0, "rows"),
    ]
    stored = json.loads(json.dumps({line.name: line.document() for line in lines}))
    assert markdown_of(stored) == (
        "| line | ours | unit | beside | ratio | runs |\n"
        "| --- | ---: | --- | --- | ---: | ---: |\n"
        "| s3.import.1 | 98,770 | objects/s | naive: 1,234; other: 0.5 | 80 | 1 |\n"
        "| s3.resync.rows | 0 | rows |  |  | 1 |"
    )
