"""Chromium: the browser that decides what a page of an origin may read.

async with open_chromium() as chromium:
    page = await chromium.open_page("http://app.localhost:8000/")
    answers = await ask_page(page, [ask_fetch("http://127.0.0.1:9000/a.jpg")])
"""

import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

from playwright.async_api import Browser, Page, async_playwright

from deploy.local.errors import LocalStackError

EXECUTABLE = "chromium"  # Debian's, which packages.txt names
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")  # as root, in a container

# One after the other, so that what a page has cached is what it asked for before.
_ASK = """async (questions) => {
  const image = (url, mode) => new Promise((done) => {
    const element = new Image();
    if (mode) element.crossOrigin = mode;
    element.onload = () => done({read: true, status: null, visible: []});
    element.onerror = () => done({read: false, status: null, visible: []});
    element.src = url;
  });
  const read = async (url, init) => {
    try {
      const answer = await fetch(url, init);
      await answer.arrayBuffer();
      return {read: true, status: answer.status, visible: [...answer.headers.keys()]};
    } catch {
      return {read: false, status: null, visible: []};
    }
  };
  const answers = [];
  for (const {kind, url, init} of questions)
    answers.push(kind === 'fetch' ? await read(url, init) : await image(url, init.crossOrigin));
  return answers;
}"""


@dataclass(frozen=True, slots=True)
class Question:
    """What a page shall do: fetch, or load an image, with or without CORS."""

    kind: Literal["fetch", "image"]
    url: str
    init: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of it: whether the page could read it, and what a script saw of a fetch."""

    read: bool
    status: int | None
    visible: frozenset[str]


def ask_fetch(url: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Question:
    """Ask as a script does that reads."""
    return Question("fetch", url, {"method": method, "headers": dict(headers or {})})


def ask_image(url: str, mode: Literal["anonymous", ""] = "anonymous") -> Question:
    """Ask as `<img crossorigin="anonymous">` does, or without the attribute."""
    return Question("image", url, {"crossOrigin": mode})


@asynccontextmanager
async def open_chromium() -> AsyncIterator[Browser]:
    """Start the browser; it ends with the block.

    Raises:
        LocalStackError: it is not installed.
    """
    found = shutil.which(EXECUTABLE)
    if found is None:
        raise LocalStackError(
            f"There is no {EXECUTABLE}: tests/integration/packages.txt names the packages."
        )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def ask_page(page: Page, questions: Sequence[Question]) -> list[Seen]:
    """Let the page ask one after the other."""
    asked = [{"kind": each.kind, "url": each.url, "init": each.init} for each in questions]
    answers: list[dict[str, Any]] = await page.evaluate(_ASK, asked)
    return [
        Seen(answer["read"], answer["status"], frozenset(answer["visible"])) for answer in answers
    ]
