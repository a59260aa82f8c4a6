"""A scale of keys: the number at which a key stands among others, and the text at a number.

The numbers are made so that keys lie on the scale as evenly as their names let us guess: one digit
for each character, of the characters that were seen at its place.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import mul
from string import digits

LAST_CHARACTER = chr(0x10FFFF)
_WORD = re.compile(r"[^\W_]+|.", re.DOTALL)


class KeyScale:
    """Numbers for the keys behind each of some folders, which are all as wide as each other.

    Where no folders are known there is one: what all keys begin with. The samples are keys like
    those that are to be placed; `depth` says how many characters behind a folder count.
    """

    def __init__(self, folders: Sequence[str], samples: Iterable[str], depth: int) -> None:
        self._folders = folders
        self._alphabets = _alphabets((self._split(key)[1] for key in samples), depth)
        sizes = (len(alphabet) for alphabet in reversed(self._alphabets))
        *units, self.folder_width = accumulate(sizes, mul, initial=1)
        self._units = units[::-1]

    @property
    def end(self) -> str:
        """A text behind all keys that are made of the characters that were seen."""
        return self._folders[-1] + self._alphabets[0][-1] + LAST_CHARACTER

    def folder(self, number: int) -> str:
        """Return the folder that a number stands in."""
        return self._folders[min(number // self.folder_width, len(self._folders) - 1)]

    def place(self, key: str) -> int:
        """Return a key's number; that of a greater key is never smaller."""
        index, rest = self._split(key)
        if rest is None:
            return index * self.folder_width
        number = (index - 1) * self.folder_width
        for character, alphabet, unit in zip(rest, self._alphabets, self._units, strict=False):
            digit = bisect_left(alphabet, character)
            number += digit * unit
            if digit == len(alphabet) or alphabet[digit] != character:
                return max(number - 1, 0)  # the end of the character before it
        return number

    def text(self, number: int, tolerance: int) -> str:
        """Return a text that stands at a number or before it, as short as the tolerance lets it be.

        It is less than the tolerance before it, unless keys end on the way.
        """
        rest = number % self.folder_width
        if number // self.folder_width >= len(self._folders):
            rest = self.folder_width - 1
        text = self.folder(number)
        if tolerance >= self.folder_width:
            return text
        for alphabet, unit in zip(self._alphabets, self._units, strict=True):
            digit, rest = divmod(rest, unit)
            text += alphabet[digit]
            if unit <= tolerance or not alphabet[digit]:
                break
        return text

    def _split(self, key: str) -> tuple[int, str | None]:
        """Return how many folders begin before a key, and what follows the last of them in it."""
        index = bisect_right(self._folders, key)
        if not index or not key.startswith(self._folders[index - 1]):
            return index, None
        return index, key[len(self._folders[index - 1]) :]


def _alphabets(rests: Iterable[str | None], depth: int) -> list[list[str]]:
    """Return what to expect at each place: the characters of the words that cover it, or an end.

    A word tells more than the character at the place: the first page of hashed keys begins with 00
    throughout. The end of a key is the empty string.
    """
    seen: list[set[str]] = [set() for _ in range(depth)]
    for rest in rests:
        if rest is None:
            continue
        for word in _WORD.finditer(rest[:depth]):
            for place in range(*word.span()):
                seen[place].update(word[0])
        if len(rest) < depth:
            seen[len(rest)].add("")
    for characters in seen:
        if not characters.isdisjoint(digits):
            characters.update(digits)
    return [sorted(characters or {""}) for characters in seen]
