"""Failures: whatever no route answered becomes a problem document, and a line in the log."""

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import AppError
from shared.problems import problem_of

log = structlog.get_logger()


class FailureMiddleware:
    """Answer every error, ours with what it says and an unexpected one with nothing but a 500.

    It stands inside those that add headers to answers, so that a browser can read a 500 too:
    Starlette's own place for that is outside all of them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. An answer that fails half-way is raised on: the server cuts it off."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except AppError as error:
            _log(error)
            if started:
                raise
            await problem_of(error)(scope, receive, send)
        except Exception:  # the boundary of the process: none of it may reach the caller
            log.exception("unexpected error")
            if started:
                raise
            unexpected = AppError("Something went wrong on our side; the request id finds it.")
            await problem_of(unexpected)(scope, receive, send)


def _log(error: AppError) -> None:
    if error.status == AppError.status:  # the operator must act and needs the cause
        log.error("request failed", code=error.code, detail=error.detail, exc_info=error)
    elif error.status > AppError.status:
        log.warning("request failed", code=error.code, detail=error.detail)
