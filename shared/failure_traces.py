"""Failure traces: where an exception came from, in its own words only when they are ours.

The message of a library's exception may hold what a customer's cloud or database answered, so it
stays out of the logs; its class and the places it passed through say what an operator needs.
"""

import traceback
from collections.abc import Iterator

from structlog.typing import ExcInfo

_OURS = ("services.", "shared.", "deploy.")


def trace(exc_info: ExcInfo) -> str:
    """Return one line for each exception of the chain, the first cause last, and for each place."""
    return "\n".join(line for error in _chain(exc_info[1]) for line in _lines(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    met: set[int] = set()
    while error is not None and id(error) not in met:
        met.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                yield from _chain(each)
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)


def _lines(error: BaseException) -> Iterator[str]:
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    yield f"{name}: {error}" if kind.__module__.startswith(_OURS) else name
    for place in traceback.extract_tb(error.__traceback__):
        yield f"  {place.filename}:{place.lineno} in {place.name}"
