"""Verdicts on answers, by the rules of the Fetch standard."""

import httpx
import pytest

from services.credentials.access.cors_verdicts import (
    ALLOWED,
    CorsAnswer,
    CorsRequest,
    Fault,
    Verdict,
    hidden_headers,
    judge_answer,
    judge_preflight,
    kept_preflight_seconds,
)

ORIGIN = "https://app.example"
OTHER = "https://other.example"
ALLOW = ("Access-Control-Allow-Origin", ORIGIN)


def answer(*headers: tuple[str, str], status: int = 200) -> CorsAnswer:
    return CorsAnswer(status, httpx.Headers(headers))


def sending(**headers: str) -> CorsRequest:
    return CorsRequest(ORIGIN, headers={name.replace("_", "-"): headers[name] for name in headers})


# --- when a browser asks first ------------------------------------------------------------------


@pytest.mark.parametrize("value", ["bytes=0-0", "bytes=5-", "bytes=00-01", " bytes=0-0\t"])
def test_one_range_with_a_beginning_needs_no_preflight(value: str) -> None:
    assert not sending(Range=value).needs_preflight


@pytest.mark.parametrize(
    "value",
    [
        "bytes=-5",
        "bytes=0-0,2-3",
        "bytes=5-1",
        "bytes= 0-0",
        "Bytes=0-0",
        "items=0-1",
        "bytes=0",
        "bytes=\N{ARABIC-INDIC DIGIT ONE}-",
        f"bytes=0-{'9' * 130}",
    ],
)
def test_any_other_range_needs_one(value: str) -> None:
    assert sending(Range=value).unsafe_headers == ("range",)


def test_a_preflight_names_what_is_not_safe_in_order_and_lower_case() -> None:
    request = sending(X_Viewer="1", If_Match='"e"', Range="bytes=0-0")
    assert request.preflight_headers == {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "if-match,x-viewer",
    }
    assert CorsRequest(ORIGIN, "PUT").needs_preflight
    assert not CorsRequest(ORIGIN, "HEAD").needs_preflight
    assert CorsRequest(ORIGIN, "HEAD").preflight_headers == {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "HEAD",
    }


def test_a_part_is_asked_for_as_it_is_stored() -> None:
    sent = sending(Range="bytes=0-0").sent_headers
    assert sent == {"Origin": ORIGIN, "Range": "bytes=0-0", "Accept-Encoding": "identity"}
    assert CorsRequest(ORIGIN).sent_headers == {"Origin": ORIGIN}


# --- the answer to the read ---------------------------------------------------------------------


@pytest.mark.parametrize("value", [ORIGIN, "*", f" {ORIGIN} ", "\t*"])
def test_an_answer_that_names_the_origin_or_any_is_read(value: str) -> None:
    given = answer(("Access-Control-Allow-Origin", value))
    assert judge_answer(CorsRequest(ORIGIN), given) == ALLOWED
    assert given.allows_all == (value.strip() == "*")


@pytest.mark.parametrize(
    "value",
    ["null", "app.example", "http://app.example", f"{ORIGIN}/", f"{ORIGIN}:443", ORIGIN.upper()],
)
def test_an_answer_that_names_another_origin_is_not(value: str) -> None:
    given = answer(("access-control-allow-origin", value))
    assert judge_answer(CorsRequest(ORIGIN), given) == Verdict(Fault.OTHER_ORIGIN, (value,))


@pytest.mark.parametrize("given", [answer(), answer(("Access-Control-Allow-Origin", " "))])
def test_an_answer_that_names_none_is_not(given: CorsAnswer) -> None:
    assert judge_answer(CorsRequest(ORIGIN), given) == Verdict(Fault.NO_ORIGIN)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (answer(ALLOW, ALLOW), (ORIGIN, ORIGIN)),
        (answer(("Access-Control-Allow-Origin", f"{ORIGIN} {OTHER}")), (ORIGIN, OTHER)),
        (answer(("Access-Control-Allow-Origin", f"*, {ORIGIN}")), ("*", ORIGIN)),
    ],
)
def test_an_answer_that_names_several_is_not(given: CorsAnswer, names: tuple[str, ...]) -> None:
    verdict = judge_answer(CorsRequest(ORIGIN), given)
    assert verdict == Verdict(Fault.SEVERAL_ORIGINS, names)


def test_an_error_that_names_the_origin_is_read_like_a_success() -> None:
    assert judge_answer(CorsRequest(ORIGIN), answer(ALLOW, status=403)).allowed
    assert not judge_answer(CorsRequest(ORIGIN), answer(status=403)).allowed


def test_a_redirect_leads_away_from_what_was_signed() -> None:
    leading = answer(ALLOW, ("Location", "https://elsewhere.example/"), status=307)
    assert judge_answer(CorsRequest(ORIGIN), leading) == Verdict(Fault.REDIRECT)
    assert judge_answer(CorsRequest(ORIGIN), answer(ALLOW, status=301)).allowed  # leads nowhere


# --- the answer to a preflight ------------------------------------------------------------------


def headers_allowed(*lines: str) -> CorsAnswer:
    return answer(ALLOW, *(("Access-Control-Allow-Headers", line) for line in lines))


@pytest.mark.parametrize(
    "lines", [["range,if-match"], ["If-Match, RANGE"], ["range", "if-match"], ["*"], [",range,,*"]]
)
def test_a_preflight_may_allow_headers_in_any_case_order_and_line(lines: list[str]) -> None:
    request = sending(Range="bytes=-5", If_Match='"e"')
    assert judge_preflight(request, headers_allowed(*lines)) == ALLOWED


def test_a_preflight_that_leaves_headers_out_names_those() -> None:
    request = sending(Range="bytes=-5", If_Match='"e"', X_Viewer="1")
    verdict = judge_preflight(request, headers_allowed("if-match"))
    assert verdict == Verdict(Fault.HEADERS, ("range", "x-viewer"))
    none = judge_preflight(request, answer(ALLOW))
    assert none == Verdict(Fault.HEADERS, ("if-match", "range", "x-viewer"))


def test_a_wildcard_does_not_stand_for_authorization() -> None:
    request = sending(Authorization="Bearer x")
    refused = judge_preflight(request, headers_allowed("*"))
    assert refused == Verdict(Fault.HEADERS, ("authorization",))
    assert judge_preflight(request, headers_allowed("*, Authorization")) == ALLOWED


@pytest.mark.parametrize("line", ["if match", "(if-match)", "if-match;q=1", "if-match, @"])
def test_a_list_that_is_none_allows_nothing(line: str) -> None:
    assert judge_preflight(sending(If_Match="x"), headers_allowed(line)) == Verdict(Fault.LIST)
    methods = answer(ALLOW, ("Access-Control-Allow-Methods", line))
    assert judge_preflight(CorsRequest(ORIGIN), methods) == Verdict(Fault.LIST)


def test_methods_are_looked_up_as_they_are_written_but_for_the_safelisted() -> None:
    def judge(method: str, line: str) -> Verdict:
        given = answer(ALLOW, ("Access-Control-Allow-Methods", line))
        return judge_preflight(CorsRequest(ORIGIN, method), given)

    assert judge("PUT", "GET, PUT") == judge("PUT", "*") == ALLOWED
    assert judge("GET", "PUT") == judge("HEAD", "") == ALLOWED
    assert judge("PUT", "put") == judge("PUT", "GET") == Verdict(Fault.METHOD, ("PUT",))


@pytest.mark.parametrize("status", [200, 204, 299])
def test_a_preflight_passes_with_any_status_of_success(status: int) -> None:
    assert judge_preflight(CorsRequest(ORIGIN), answer(ALLOW, status=status)) == ALLOWED


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (304, Fault.STATUS),
        (400, Fault.STATUS),
        (403, Fault.STATUS),
        (500, Fault.STATUS),
        (301, Fault.REDIRECT),
        (307, Fault.REDIRECT),
    ],
)
def test_a_preflight_with_another_status_does_not_whatever_it_allows(
    status: int, fault: Fault
) -> None:
    assert judge_preflight(CorsRequest(ORIGIN), answer(ALLOW, status=status)) == Verdict(fault)


def test_a_preflight_names_the_origin_as_any_answer_does() -> None:
    assert judge_preflight(CorsRequest(ORIGIN), answer()) == Verdict(Fault.NO_ORIGIN)
    other = answer(("Access-Control-Allow-Origin", OTHER))
    assert judge_preflight(CorsRequest(ORIGIN), other) == Verdict(Fault.OTHER_ORIGIN, (OTHER,))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("600", 600), ("0", 0), (" 5 ", 5), ("", 5), ("-1", 5), ("soon", 5), ("1.5", 5)],
)
def test_a_preflight_is_kept_for_five_seconds_where_nothing_is_said(
    value: str, seconds: int
) -> None:
    assert kept_preflight_seconds(answer(("Access-Control-Max-Age", value))) == seconds


# --- what scripts see ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exposed", "hidden"),
    [
        ([], ("ETag", "Content-Range")),
        (["etag"], ("Content-Range",)),
        (["etag", "CONTENT-RANGE"], ()),
        (["*"], ()),
        (["x-a, *"], ()),
        (["e tag, content-range"], ("ETag", "Content-Range")),
    ],
)
def test_scripts_see_what_is_exposed_and_what_is_always_visible(
    exposed: list[str], hidden: tuple[str, ...]
) -> None:
    given = answer(*(("Access-Control-Expose-Headers", line) for line in exposed))
    assert hidden_headers(given, ("ETag", "Content-Range", "Content-Length")) == hidden
