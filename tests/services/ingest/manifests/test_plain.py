"""Plain text: each line is an entry, verbatim."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.manifests.formats import ManifestFormat
from tests.hard_keys import HARD_KEYS
from tests.services.ingest.manifests.reading import PATIENT, TEXTS, deliveries, read

TEXT = ManifestFormat.TEXT


def _is_line(text: str) -> bool:
    return "\n" not in text and not text.endswith("\r") and not text.startswith("\ufeff")


@PATIENT
@given(
    data=st.data(),
    lines=st.lists(TEXTS.filter(_is_line)),
    end=st.sampled_from(["\n", "\r\n"]),
    ended=st.booleans(),
)
async def test_each_line_is_an_entry(
    data: st.DataObject, lines: list[str], end: str, *, ended: bool
) -> None:
    raw = (end.join(lines) + (end if ended else "")).encode()
    assert await read(data.draw(deliveries(raw)), TEXT) == [
        (number, line) for number, line in enumerate(lines, 1) if line
    ]


async def test_hard_keys_come_verbatim() -> None:
    keys = [key for key in HARD_KEYS if "\n" not in key]
    raw = "\n".join(keys).encode()
    assert await read(raw, TEXT) == [*enumerate(keys, 1)]
    assert await read(raw.replace(b"\n", b"\r\n"), TEXT) == [*enumerate(keys, 1)]
