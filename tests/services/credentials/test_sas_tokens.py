"""SAS tokens of customers: read strictly, and shown by nothing."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from services.credentials.sas_tokens import SasToken, parse_sas
from shared.errors import InvalidInputError

QUERY = "sv=2022-11-02&sr=c&sp=rl&spr=https&se=2026-12-21T12%3A00%3A00Z&sig=Y2FuYXJ5%2Bx%3D"
EXPIRES = datetime(2026, 12, 21, 12, tzinfo=UTC)


def read(text: str) -> SasToken:
    return parse_sas(SecretStr(text), "acme")


def refusal(text: str) -> str:
    with pytest.raises(InvalidInputError) as refused:
        read(text)
    assert refused.value.members == {"field": "sas"}
    assert "Y2FuYXJ5" not in refused.value.detail
    return refused.value.detail


@pytest.mark.parametrize(
    "text",
    [
        QUERY,
        f"?{QUERY}",
        f"  ?{QUERY}\n",
        f"https://acme.blob.core.windows.net/photos?{QUERY}",
        f"https://acme.blob.core.chinacloudapi.cn/photos?{QUERY}",
    ],
)
def test_a_query_or_a_whole_url_is_kept_as_the_bare_query(text: str) -> None:
    assert read(text) == SasToken(
        query=SecretStr(QUERY),
        permissions=frozenset("rl"),
        starts_at=None,
        expires_at=EXPIRES,
        reaches_account=False,
        needs_https=True,
    )


def test_an_account_s_signature_is_told_from_a_container_s() -> None:
    found = read(QUERY.replace("sr=c", "ss=bf&srt=sco"))
    assert (found.reaches_account, found.changes) == (True, [])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-21", datetime(2026, 12, 21, tzinfo=UTC)),
        ("2026-12-21T12:00Z", EXPIRES),
        ("2026-12-21T12:00:00.0000000Z", EXPIRES),
        ("2026-12-21T14%3A00%3A00%2B02%3A00", EXPIRES),
    ],
)
def test_every_form_of_a_time_that_azure_takes_is_read(text: str, moment: datetime) -> None:
    found = read(QUERY.replace("2026-12-21T12%3A00%3A00Z", text) + f"&st={text}")
    assert (found.expires_at, found.starts_at) == (moment, moment)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "percent-encoded"),
        ("not a query", "percent-encoded"),
        (QUERY.replace("&sig=Y2FuYXJ5%2Bx%3D", ""), "must have the parameter sig"),
        (QUERY.replace("Y2FuYXJ5%2Bx%3D", ""), "must have the parameter sig"),
        (QUERY.replace("&se=2026-12-21T12%3A00%3A00Z", ""), "must have the parameter se"),
        (QUERY.replace("&sp=rl", ""), "must have the parameter sp"),
        (QUERY.replace("sp=rl", "sp=r"), "sp has r and l"),
        (QUERY.replace("sp=rl", "sp=l"), "sp has r and l"),
        (QUERY.replace("sr=c", "sr=b"), "one for a container"),
        (QUERY.replace("sr=c&", ""), "one for a container"),
        (QUERY.replace("sr=c", "ss=f&srt=sco"), "must cover blobs"),
        (QUERY.replace("sr=c", "ss=b&srt=s"), "must cover blobs"),
        (QUERY.replace("2026-12-21T12", "soon"), "se of the SAS is not a time"),
        (f"{QUERY}&sig=Y2FuYXJ5", "one twice"),
        (f"{QUERY}&restype=container", "a parameter that none has"),
        (f"{QUERY}&", "a parameter that none has"),
        (f"https://other.blob.core.windows.net/photos?{QUERY}", "of another account"),
        (f"https://acme@evil.example/photos?{QUERY}", "of another account"),
        (f"https://[acme/photos?{QUERY}", "percent-encoded"),
        (f"{QUERY}#fragment", "percent-encoded"),
        (f'{QUERY}"', "percent-encoded"),
        ("https://acme.blob.core.windows.net/photos", "a parameter that none has"),
        (f"{QUERY}\r\nHost:+evil", "percent-encoded"),
    ],
)
def test_what_is_no_such_signature_is_refused_with_the_reason(text: str, sentence: str) -> None:
    assert sentence in refusal(text)


def test_a_signature_shows_in_no_representation() -> None:
    assert "Y2FuYXJ5" not in repr(read(QUERY))


@given(st.text(max_size=300))
def test_no_other_text_is_read(text: str) -> None:
    assert refusal(text)
