"""What a service writes to its log, in the format of its settings."""

import json
import logging
from io import StringIO
from typing import Literal

from shared.logging import configure_logging


class Output:
    """What a service that is configured like this writes."""

    def __init__(self) -> None:
        self._stream = StringIO()
        self.configure()

    def configure(
        self, *, log_format: Literal["json", "console"] = "json", level: str = "info"
    ) -> None:
        configure_logging(log_format=log_format, level=level, service="sample")
        for handler in logging.getLogger().handlers:
            assert isinstance(handler, logging.StreamHandler)
            handler.setStream(self._stream)

    def text(self) -> str:
        return self._stream.getvalue()

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.text().splitlines()]
