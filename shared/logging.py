"""Logs: one structlog event for each outcome, with secrets and signatures cut out."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

from shared.failure_traces import trace
from shared.redaction import cut_value

Event = MutableMapping[str, Any]

_OURS = ("shared", "services", "deploy", "__main__")
_CHATTY = ("botocore", "aiobotocore", "boto3", "urllib3", "httpx", "httpcore", "aiohttp")


def configure_logging(*, log_format: Literal["json", "console"], level: str, service: str) -> None:
    """Send structlog's and the standard library's events to standard error in one format.

    Libraries never debug, whatever the level: botocore's debug log holds what it signs.
    """

    def name_service(_logger: object, _name: str, event: Event) -> Event:
        event.setdefault("service", service)
        return event

    chain: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        name_service,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.ExceptionRenderer(trace),
        _cut_event,
    ]
    structlog.configure(
        processors=[*chain, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    out = logging.StreamHandler(sys.stderr)
    out.setLevel(level.upper())
    out.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [out]
    root.setLevel(logging.INFO)
    for ours in _OURS:
        logging.getLogger(ours).setLevel(level.upper())
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Its warnings hold what Entra says, and its other events every request.
    logging.getLogger("azure").setLevel(logging.ERROR)
    _take_over_uvicorn()


def _take_over_uvicorn() -> None:
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    # Its access log holds query strings; AnswerMiddleware logs each request without.
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)


def _cut_event(_logger: object, _name: str, event: Event) -> Event:
    for name, value in event.items():
        if not name.startswith("_"):  # those are structlog's own
            event[name] = cut_value(name, value)
    return event
