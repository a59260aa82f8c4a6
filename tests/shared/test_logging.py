"""Logs: one line for an event, from whatever library, and no secret in it."""

import json
import logging
from uuid import UUID

import httpx
import structlog
from pydantic import SecretStr
from starlette.responses import Response

from shared.errors import SealBrokenError
from shared.tokens import mint_api_key
from tests.shared.output import Output
from tests.shared.sample import Sample

ORG_ID = UUID(int=42)
API_KEY = mint_api_key(ORG_ID, ORG_ID).get_secret_value()
URL = (
    "https://images.s3.eu-west-1.amazonaws.com/a%20b.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=ASIACANARYCANARY1234%2F20261121%2Feu-west-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20261121T120000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
    "&X-Amz-Security-Token=canaryIQoJb3JpZ2luX2Vj%2F%2F&X-Amz-Signature=canary0011"
)


def test_an_event_is_one_line_with_its_time_level_and_service(output: Output) -> None:
    structlog.get_logger("shared.test").info("lease issued", location_id="l", count=2)
    (line,) = output.lines()
    assert isinstance(line.pop("timestamp"), str)
    assert line == {
        "event": "lease issued",
        "level": "info",
        "location_id": "l",
        "count": 2,
        "service": "sample",
    }


def test_secrets_are_cut_in_every_value_of_an_event(output: Output) -> None:
    class Opaque:
        def __repr__(self) -> str:
            return f"Opaque({API_KEY})"

    structlog.get_logger("shared.test").warning(
        f"failed with {API_KEY}",
        url=URL,
        nested={"list": [API_KEY, {"deep": (API_KEY,)}], API_KEY: 1},
        error=ValueError(API_KEY),
        raw=API_KEY.encode(),
        opaque=Opaque(),
        wrapped=SecretStr("canary"),
        password="canary",
        session_token="canary",
        fine=True,
    )
    (line,) = output.lines()
    text = json.dumps(line)
    assert API_KEY not in text
    assert "canary" not in text
    assert line["nested"] == {"list": ["[cut]", {"deep": ["[cut]"]}], "[cut]": 1}
    assert (line["password"], line["session_token"], line["fine"]) == ("[cut]", "[cut]", True)


def test_a_trace_holds_our_words_and_only_the_class_of_what_is_not_ours(output: Output) -> None:
    def fail(hidden: str) -> None:
        try:
            int(f"what a customer's cloud said: {API_KEY} of {len(hidden)}")
        except ValueError as error:
            raise SealBrokenError(f"Ours, with {API_KEY}.") from error

    log = structlog.get_logger("shared.test")
    try:
        fail("CANARY-LOCAL".lower())
    except SealBrokenError:
        log.exception("unexpected error")
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    for line in output.lines():
        told = str(line["exception"]).splitlines()
        assert [each for each in told if not each.startswith("  ")] == [
            "shared.errors.SealBrokenError: Ours, with [cut].",
            "ValueError",
        ]
        assert any("test_logging.py:" in each and each.endswith(" in fail") for each in told)
        assert "canary-local" not in json.dumps(line)
        assert API_KEY not in json.dumps(line)


def test_lines_of_libraries_look_like_ours(output: Output) -> None:
    logging.getLogger("uvicorn.error").info("Started with %s", API_KEY)
    (line,) = output.lines()
    assert line.pop("timestamp")
    assert line == {"event": "Started with [cut]", "level": "info", "service": "sample"}


def test_what_libraries_say_of_requests_is_silent(output: Output) -> None:
    access = logging.getLogger("uvicorn.access")
    access.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", "/v1/x?sig=canary", "1.1", 200)
    for name in ("httpx", "httpcore.connection", "botocore.auth", "aiobotocore", "boto3"):
        logging.getLogger(name).info("HTTP Request: GET %s", URL)
    assert output.lines() == []


def test_libraries_do_not_debug_though_we_do(output: Output) -> None:
    output.configure(level="debug")
    logging.getLogger("botocore.auth").debug("StringToSign: canary")
    logging.getLogger("some.library").debug("canary")
    structlog.get_logger("shared.test").debug("ours")
    structlog.get_logger("services.ingest.worker").debug("ours too")
    assert [line["event"] for line in output.lines()] == ["ours", "ours too"]


def test_a_level_silences_what_is_below_it(output: Output) -> None:
    output.configure(level="error")
    structlog.get_logger("shared.test").warning("too quiet")
    logging.getLogger("some.library").warning("too quiet")
    structlog.get_logger("shared.test").error("loud")
    assert [line["event"] for line in output.lines()] == ["loud"]


def test_the_console_format_cuts_too(output: Output) -> None:
    output.configure(log_format="console")
    structlog.get_logger("shared.test").info("failed", url=URL, error=ValueError(API_KEY))
    assert "failed" in output.text()
    assert API_KEY not in output.text()
    assert "canary" not in output.text()


def test_configuring_twice_does_not_double_the_lines(output: Output) -> None:
    output.configure()
    structlog.get_logger("shared.test").info("once")
    assert len(output.lines()) == 1


async def test_an_unexpected_error_of_a_request_is_logged_with_its_id_and_no_secret(
    caller: httpx.AsyncClient, sample: Sample, output: Output
) -> None:
    async def leak() -> Response:
        raise RuntimeError(f"cannot reach {URL} as {API_KEY}")

    sample.stage.outcome = leak
    answer = await caller.post("/v1/things?canary", json={"name": "canary"})
    error, request = output.lines()
    assert (error["event"], request["event"]) == ("unexpected error", "request")
    assert error["request_id"] == request["request_id"] == answer.headers["x-request-id"]
    assert str(error["exception"]).startswith("RuntimeError\n")
    assert "cannot reach" not in json.dumps(error)
    assert "canary" not in json.dumps([error, request])
    assert API_KEY not in json.dumps(error)
