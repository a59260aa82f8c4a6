"""The README of a setup kit: what it is for, the ways to do it, and each step by hand."""

import json
from collections.abc import Iterator, Mapping, Sequence

_THEN = (
    "Let Mooring verify the access. The report says what is missing, with the document that mends"
    " it. What was just granted can need a few minutes until the cloud knows it everywhere."
)


def write_readme(
    uri: str,
    *,
    values: Mapping[str, str],
    ways: Mapping[str, str],
    documents: Mapping[str, str],
    link: str | None,
    steps: Sequence[str],
    advice: str | None,
) -> str:
    """Return the page in Markdown.

    `ways` and `documents` say of each file what to do with it. The URI stands there as JSON, on a
    line that is code: a prefix may hold line breaks, and what Markdown would read as its own.
    """
    sections = [
        "# Setup kit for Mooring",
        "Mooring lists and reads what is below this address, and does nothing else there:",
        f"    {json.dumps(uri)}",
        *_listed(f"{label}: `{value}`" for label, value in values.items()),
        "## One of these ways is enough",
        *_listed(_ways(ways, link)),
        *(["## By hand"] if documents or steps else []),
        *_listed(f"`{name}`: {purpose}" for name, purpose in documents.items()),
        *_listed((_tidy(step) for step in steps), mark="1."),
        *([_tidy(advice)] if advice else []),
        "## Then",
        _THEN,
    ]
    return "\n\n".join(sections) + "\n"


def _ways(ways: Mapping[str, str], link: str | None) -> Iterator[str]:
    for name, purpose in ways.items():
        yield f"`{name}`: {purpose}"
        if name == "template.json" and link is not None:
            yield f"The same as a link, which opens the console of the account: <{link}>"


def _listed(lines: Iterator[str], *, mark: str = "-") -> list[str]:
    """Return the lines as one list of Markdown, nothing for no lines."""
    text = "\n".join(f"{mark} {line}" for line in lines)
    return [text] if text else []


def _tidy(sentence: str) -> str:
    """Return a sentence in one line."""
    return " ".join(sentence.split())
