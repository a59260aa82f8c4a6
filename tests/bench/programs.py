"""Programs of the bench: started as children, which print one JSON document."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import monotonic

ROOT = Path(__file__).parents[2]
S5CMD = ROOT / ".venv-bench" / "bin" / "s5cmd"
_KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1"}


class ProgramFailedError(Exception):
    """A program of the bench ended with an error."""


@dataclass(frozen=True, slots=True)
class PageServer:
    """A running page server."""

    endpoint: str
    pid: int


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a program took, and the lines that it printed."""

    wall: float
    cpu: float
    lines: int


def page_server() -> AbstractAsyncContextManager[PageServer]:
    """Run tests/emulators/page_server.py."""
    return _serving("tests.emulators.page_server")


def azure_page_server() -> AbstractAsyncContextManager[PageServer]:
    """Run tests/emulators/azure_page_server.py."""
    return _serving("tests.emulators.azure_page_server")


@asynccontextmanager
async def _serving(module: str) -> AsyncIterator[PageServer]:
    """Run a server that prints its port and ends with its input."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, cwd=ROOT, stdin=PIPE, stdout=PIPE
    )
    assert server.stdin is not None
    assert server.stdout is not None
    port = int(await server.stdout.readline())
    try:
        yield PageServer(f"http://127.0.0.1:{port}", server.pid)
    finally:
        server.stdin.close()
        await server.wait()


async def run_module(module: str, *arguments: str) -> Mapping[str, float]:
    """Run a module of ours and return what it printed."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=ROOT, stdout=PIPE
    )
    printed, _ = await child.communicate()
    if child.returncode != 0:
        raise ProgramFailedError(f"{module} ended with {child.returncode}.")
    document: dict[str, float] = json.loads(printed)
    return document


async def run_s5cmd(endpoint: str, *arguments: str) -> Run:
    """Run s5cmd, which prints a line for each object; CPU time is its own and its threads'."""
    before, began = getrusage(RUSAGE_CHILDREN), monotonic()
    child = await asyncio.create_subprocess_exec(
        S5CMD,
        "--endpoint-url",
        endpoint,
        *arguments,
        env={"PATH": os.defpath, "HOME": os.devnull, **_KEYS},
        stdin=DEVNULL,
        stdout=PIPE,
    )
    assert child.stdout is not None
    lines = 0
    while block := await child.stdout.read(1 << 20):
        lines += block.count(b"\n")
    if await child.wait() != 0:
        raise ProgramFailedError(f"s5cmd ended with {child.returncode}.")
    after = getrusage(RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall=monotonic() - began, cpu=cpu, lines=lines)
