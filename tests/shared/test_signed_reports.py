"""Signed reports: good as they were signed, and worth nothing when a byte is another."""

import json
from base64 import urlsafe_b64encode
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.signed_reports import NotAReportError, UntrustedReportError, check_report
from tests.shared.signing import REPORT, SIGNED_AT, Signatory, key_set

SIGNATORY = Signatory()
KEYS = key_set(SIGNATORY.jwk())
FILES = {"json": SIGNATORY.sign().text().encode(), "page": SIGNATORY.page()}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_a_report_says_what_was_signed_and_with_which_key(file: bytes) -> None:
    assert check_report(file, KEYS) == {**REPORT, "kid": SIGNATORY.kid}


def test_a_report_that_was_indented_is_the_same_report() -> None:
    file = json.dumps(asdict(SIGNATORY.sign()), indent=2).encode()
    assert check_report(file, KEYS) == {**REPORT, "kid": SIGNATORY.kid}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
@given(data=st.data())
def test_a_report_with_another_byte_anywhere_is_refused(file: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(file) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != file[place]))
    changed = file[:place] + bytes([byte]) + file[place + 1 :]
    with pytest.raises((NotAReportError, UntrustedReportError)):
        check_report(changed, KEYS)


@pytest.mark.parametrize("member", ["payload", "signature"])
@given(data=st.data())
def test_a_payload_or_a_signature_with_another_character_is_not_trusted(
    member: str, data: st.DataObject
) -> None:
    signed = SIGNATORY.sign()
    text = getattr(signed, member)
    place = data.draw(st.integers(0, len(text) - 1))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    letter = data.draw(st.sampled_from(letters.replace(text[place], "")))
    changed = replace(signed, **{member: text[:place] + letter + text[place + 1 :]})
    with pytest.raises(UntrustedReportError, match="altered after it was signed"):
        check_report(changed.text().encode(), KEYS)


def test_a_page_around_another_report_is_not_trusted() -> None:
    block = SIGNATORY.sign().text().encode()
    page = SIGNATORY.page().replace(b"valid", b"not valid", 1)
    assert block in page
    with pytest.raises(UntrustedReportError, match="The page was altered"):
        check_report(page, KEYS)


def test_a_report_of_somebody_else_under_our_keys_name_is_not_trusted() -> None:
    forger = Signatory(1)
    forger.kid = SIGNATORY.kid
    with pytest.raises(UntrustedReportError, match="somebody else signed it"):
        check_report(forger.sign().text().encode(), KEYS)


@pytest.mark.parametrize("keys", [(), (Signatory(1).jwk(),), (SIGNATORY.jwk(), SIGNATORY.jwk())])
def test_a_key_that_is_not_in_the_set_once_is_named(keys: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(UntrustedReportError, match=SIGNATORY.kid):
        check_report(FILES["json"], key_set(*keys))


def test_other_kinds_of_keys_in_the_set_do_no_harm() -> None:
    keys = key_set({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "rsa"}, SIGNATORY.jwk())
    assert check_report(FILES["json"], keys)["kid"] == SIGNATORY.kid


def test_a_retired_key_vouches_for_what_it_signed_before_and_for_nothing_after() -> None:
    retired = int(SIGNED_AT.timestamp())
    keys = key_set(SIGNATORY.jwk(exp=retired))
    assert check_report(FILES["json"], keys)["valid"] is True
    later = (SIGNED_AT + timedelta(seconds=1)).isoformat()
    with pytest.raises(UntrustedReportError) as refused:
        check_report(SIGNATORY.sign(signed_at=later).text().encode(), keys)
    assert str(refused.value) == (
        "The key was retired before: it signs nothing after 2026-11-21 12:00:00 UTC, and the report"
        f" says that it was signed at {later}."
    )


def header(**changes: Any) -> str:
    members = {
        "alg": "EdDSA",
        "kid": SIGNATORY.kid,
        "typ": "mooring-access-report+json",
        **changes,
    }
    kept = {name: value for name, value in members.items() if value is not None}
    return urlsafe_b64encode(json.dumps(kept).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"typ": "JWT"},
        {"typ": None},
        {"kid": None},
        {"kid": 1},
        {"crit": ["exp"]},
        {"jwk": Signatory(1).jwk()},
    ],
)
def test_what_is_signed_in_another_way_is_no_access_report(changes: dict[str, Any]) -> None:
    foreign = replace(SIGNATORY.sign(), protected=header(**changes))
    with pytest.raises(NotAReportError, match="no access report of Mooring's"):
        check_report(foreign.text().encode(), KEYS)


def without(name: str) -> bytes:
    members = asdict(SIGNATORY.sign())
    del members[name]
    return json.dumps(members).encode()


TWICE = b'{"payload":"e30",' + FILES["json"][1:]


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"[]",
        b"{",
        b"{}",
        b"\xff",
        b"<p>no block</p>",
        FILES["page"] * 2,
        TWICE,
        without("signature"),
        without("protected"),
        json.dumps({**asdict(SIGNATORY.sign()), "header": {}}).encode(),
        json.dumps({**asdict(SIGNATORY.sign()), "payload": 1}).encode(),
        replace(SIGNATORY.sign(), signature="+/=").text().encode(),
        replace(SIGNATORY.sign(), protected="A").text().encode(),
        replace(SIGNATORY.sign(), protected="bm9uZQ").text().encode(),
    ],
)
def test_a_file_that_is_no_signed_report_is_told_from_one_that_lies(file: bytes) -> None:
    with pytest.raises(NotAReportError):
        check_report(file, KEYS)


def test_what_does_not_say_when_it_was_signed_is_no_report() -> None:
    with pytest.raises(NotAReportError, match="does not say when"):
        check_report(SIGNATORY.sign(signed_at="yesterday").text().encode(), KEYS)


@pytest.mark.parametrize("keys", [b"", b"[]", b"{}", b'{"keys": 1}', b"\xff"])
def test_a_file_that_is_no_set_of_keys_is_told(keys: bytes) -> None:
    with pytest.raises(NotAReportError, match="The set of keys is none"):
        check_report(FILES["json"], keys)


def test_a_key_under_a_name_that_is_not_its_own_is_told() -> None:
    foreign = Signatory(1).jwk(kid=SIGNATORY.kid)
    with pytest.raises(NotAReportError, match="has not its thumbprint as name"):
        check_report(FILES["json"], key_set(foreign))
