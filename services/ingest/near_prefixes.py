"""Near prefixes: what there is instead of a prefix that no key begins with."""

from collections.abc import Iterator
from difflib import get_close_matches
from urllib.parse import unquote

from services.ingest.near_misses import NearMiss
from shared.errors import UnorderedListingError
from shared.storage.base import ObjectStore

MOST_FOLDERS = 5  # looked into on the way up, and down again: a listing or three for each
_FIELD = "prefix"


async def find_near_prefixes(store: ObjectStore, prefix: str, *, within: str) -> list[NearMiss]:
    """Look for existing prefixes near to one that no key begins with, but not outside of `within`.

    The nearest comes first. There is none in a bucket that does not list in the order of its keys.
    """
    try:
        for folder in _folders_above(prefix, within):
            names = await _list_names(store, folder, prefix[len(folder) :])
            if names:
                return await _go_down(store, folder, names, prefix)
    except UnorderedListingError:
        return []
    return []


def _folders_above(prefix: str, within: str) -> Iterator[str]:
    """Yield the folders that the prefix would lie in: the nearest few, then the outermost."""
    folder = prefix
    for _ in range(MOST_FOLDERS - 1):
        folder = folder[: folder.removesuffix("/").rfind("/") + 1]
        if len(folder) <= len(within):
            break
        yield folder
    if prefix != within:
        yield within


async def _go_down(
    store: ObjectStore, folder: str, names: list[str], prefix: str
) -> list[NearMiss]:
    """Follow the prefix from a folder that exists, as long as its names differ by spelling."""
    wanted = [name for name in prefix[len(folder) :].split("/") if name]
    if not wanted:
        return _suggest(folder, "", names, is_begun=False)
    is_whole = prefix.endswith("/")
    for depth, name in enumerate(wanted[:MOST_FOLDERS], start=1):
        is_last = depth == len(wanted)
        same = [each for each in names if _folded(each) == _folded(name)]
        same.sort(key=lambda each: not each.endswith("/"))
        if not same:
            return _suggest(folder, name, names, is_begun=is_last and not is_whole)
        folder += same[0]
        if is_last or not folder.endswith("/"):
            break
        names = await _list_names(store, folder, wanted[depth])
    return [_there_is(folder)]


def _suggest(folder: str, wanted: str, names: list[str], *, is_begun: bool) -> list[NearMiss]:
    """Return what is near to a wanted name in a folder; `is_begun` says that it may go on."""
    begun = [
        each[: len(wanted)] for each in names if _folded(each[: len(wanted)]) == _folded(wanted)
    ]
    if is_begun and begun:
        return [_there_is(folder + begun[0])]
    close = get_close_matches(wanted, [each.removesuffix("/") for each in names], n=3)
    found = [each for name in close for each in names if each.removesuffix("/") == name]
    if found:
        return [_there_is(folder + each) for each in found]
    shown = ", ".join(repr(folder + each) for each in names[:3])
    return [NearMiss(f"There is: {shown}.", _FIELD, folder)]


def _there_is(found: str) -> NearMiss:
    return NearMiss(f"There is {found!r}.", _FIELD, found)


def _folded(name: str) -> str:
    """Return a name without what is easily mistaken in it."""
    return unquote(name).strip(" \t\r\n/").casefold()


async def _list_names(store: ObjectStore, folder: str, wanted: str) -> list[str]:
    """List a folder's names: the first thousand, and those around where the wanted one would be."""
    first = await store.list_children(folder)
    entries = dict.fromkeys(first.entries)
    initial = wanted.lstrip("/")[:1]
    if not first.is_last and initial:
        for start in (initial.upper(), initial.lower()):
            there = await store.list_children(folder, after=folder + start)
            entries |= dict.fromkeys(there.entries)
    return [entry[len(folder) :] for entry in entries if entry != folder]
