"""The scene of the demo: who takes part, and what must hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rich.console import Console

from deploy.local.demo.api import Api
from deploy.local.demo.customer import Customer
from deploy.local.demo.files import File
from deploy.local.errors import LocalStackError

NAME = "Harbour images"
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Demo:
    """An organization, a stranger to it, the customer with these files, and who is watching.

    `check` raises LocalStackError when a process of Mooring has ended by itself.
    """

    api: Api
    stranger: Api
    customer: Customer
    files: Mapping[str, File]
    console: Console
    check: Callable[[], None]


def require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 (reads like an assertion)
    """Raise LocalStackError with the sentence unless it holds."""
    if not holds:
        raise LocalStackError(otherwise)
