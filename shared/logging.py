"""Logs: one structlog event for each outcome, with secrets and signatures cut out."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

_CUT = "[cut]"
_SECRETS = re.compile(
    r"(?P<keep>(?:X-Amz-(?:Signature|Security-Token|Credential)|sig|X-Goog-Signature)=)[^&\s\"']+"
    r"|mrg_[0-9a-f]{32}_[0-9a-f]{32}_[A-Za-z0-9_-]+"
    r"|(?:AKIA|ASIA)[A-Z0-9]{12,}"
    r"|(?P<bearer>Bearer )[A-Za-z0-9._~+/=-]+"
    r"|(?P<login>://[^:/\s@]+:)[^@\s/]+(?=@)"
)


def cut_secrets(text: str) -> str:
    """Replace signatures, tokens, key ids, API keys and passwords in URLs."""
    return _SECRETS.sub(
        lambda m: (m["keep"] or m["bearer"] or m["login"] or "") + _CUT,
        text,
    )


def _cut_event(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = cut_secrets(value)
    return event


def configure_logging(*, log_format: Literal["json", "console"], level: str, service: str) -> None:
    """Send structlog's and the standard library's events to standard error in one format."""
    chain: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _cut_event,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*chain, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [out]
    root.setLevel(level.upper())
    for noisy in ("botocore", "aiobotocore", "urllib3", "httpx", "httpcore", "aiohttp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for own in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(own).handlers = []
        logging.getLogger(own).propagate = True
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)
