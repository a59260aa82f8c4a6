"""Globs: what the user guide promises, held against a matcher that tries everything."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.globs import Globs
from shared.errors import InvalidInputError
from tests.services.ingest.naive_globs import GlobTree, keys, trees

TREE = ["a.jpg", "a.JPG", "train/a.jpg", "train/x/b.png", "val/a.jpg", "train/", "retrain/a.jpg"]


def matched(glob: str, keys: list[str], *, start: int = 0) -> list[str]:
    globs = Globs([glob], start=start)
    return [key for key in keys if globs.matches(key)]


@pytest.mark.parametrize(
    ("glob", "keys"),
    [
        ("*.jpg", ["a.jpg", "train/a.jpg", "val/a.jpg", "retrain/a.jpg"]),
        ("**/*.jpg", ["a.jpg", "train/a.jpg", "val/a.jpg", "retrain/a.jpg"]),
        ("/*.jpg", ["a.jpg"]),
        ("*/*.jpg", ["train/a.jpg", "val/a.jpg", "retrain/a.jpg"]),
        ("train/*", ["train/a.jpg", "train/"]),
        ("train/**", ["train/a.jpg", "train/x/b.png", "train/"]),
        ("train/", ["train/a.jpg", "train/x/b.png", "train/"]),
        ("x/", ["train/x/b.png"]),
        ("/x/", []),
        ("train", []),
        ("**/x/**", ["train/x/b.png"]),
        ("train/**/b.png", ["train/x/b.png"]),
        ("train/**/x/b.png", ["train/x/b.png"]),
        ("{train,val}/*.{jpg,png}", ["train/a.jpg", "val/a.jpg"]),
        ("{train/x,val}/**", ["train/x/b.png", "val/a.jpg"]),
        ("{,re}train/a.jpg", ["train/a.jpg", "retrain/a.jpg"]),
        ("{{t,ret}rain,val}/a.jpg", ["train/a.jpg", "val/a.jpg", "retrain/a.jpg"]),
        ("?.jpg", ["a.jpg", "train/a.jpg", "val/a.jpg", "retrain/a.jpg"]),
        ("[!b-z].[jJ][pP][gG]", ["a.jpg", "a.JPG", "train/a.jpg", "val/a.jpg", "retrain/a.jpg"]),
        ("*", TREE),
        ("**", TREE),
        ("**/", TREE),
    ],
)
def test_a_glob_matches_what_the_guide_says(glob: str, keys: list[str]) -> None:
    assert matched(glob, TREE) == keys


@pytest.mark.parametrize(
    ("glob", "keys"),
    [
        ("a/b", ["a/b"]),
        ("a//b", ["a//b"]),
        ("a/*/b", ["a//b", "a/../b", "a/./b"]),
        ("a/**/b", ["a/b", "a//b", "a/../b", "a/./b"]),
        ("//b", ["/b"]),
        ("/b", []),
        ("./*", ["./b"]),
        ("line?break", ["line\nbreak"]),
        ("line*", ["line\nbreak"]),
        ("tail", ["tail"]),
        (r"\*\?\[x\]\{y\}\\", [r"*?[x]{y}\\"[:-1]]),
        ("[*][?][[]x[]][{]y[}][\\\\]", [r"*?[x]{y}\\"[:-1]]),
        ("[+-9]", ["+"]),
        ("[!x]", ["+", "é"]),
        ("[a-]*[^-]", ["-é"]),
        ("é", ["é"]),
        ("??", ["-é"]),
    ],
)
def test_keys_are_opaque(glob: str, keys: list[str]) -> None:
    hard = [
        "a/b", "a//b", "/b", "./b", "a/../b", "a/./b", "line\nbreak", "tail", "tail\n",
        "*?[x]{y}\\", "+", "é", "-é",
    ]  # fmt: skip
    assert sorted(set(matched("/" + glob.removeprefix("/"), hard)) & set(keys)) == sorted(keys)
    assert [key for key in matched(glob, hard) if key in keys] == keys


def test_a_slash_in_a_key_is_matched_by_a_slash_alone() -> None:
    assert matched("/a[!x]b", ["a/b", "a.b"]) == ["a.b"]
    assert matched("/a[+-9]b", ["a/b", "a.b"]) == ["a.b"]
    assert matched("/a?b", ["a/b", "a.b"]) == ["a.b"]


def test_globs_look_at_a_key_from_their_start_on() -> None:
    keys = ["photos/a.jpg", "photos/b/a.jpg"]
    assert matched("/a.jpg", keys, start=len("photos/")) == ["photos/a.jpg"]
    assert matched("b/", keys, start=len("photos/")) == ["photos/b/a.jpg"]
    assert matched("photos/**", keys, start=len("photos/")) == []
    assert matched("*s/a.jpg", keys, start=len("photos/")) == []
    assert matched("*photos/a.jpg", keys, start=len("photos/")) == []


def test_several_globs_match_what_any_of_them_matches() -> None:
    globs = Globs(["*.png", "val/", "/a.*", "t*/a.jpg"])
    assert [key for key in TREE if globs.matches(key)] == [
        "a.jpg", "a.JPG", "train/a.jpg", "train/x/b.png", "val/a.jpg",
    ]  # fmt: skip
    assert [key for key in TREE if Globs([]).matches(key)] == []


@pytest.mark.parametrize(
    ("glob", "word"),
    [
        ("", "empty"),
        ("/", "empty"),
        ("{,a}", "empty"),
        ("a**", "**"),
        ("**a/b", "**"),
        ("***", "three stars"),
        ("[a", "bracket"),
        ("[]", "bracket"),
        ("[!]", "bracket"),
        ("[a/b]", "slash"),
        ("[z-a]", "range"),
        ("[[:alpha:]]", "named class"),
        ("{a,b", "brace"),
        ("a}", "brace"),
        ("{a,b}}", "brace"),
        ("{}", "alternatives"),
        ("{guid}", "alternatives"),
        ("a\\", "\\\\"),
        ("dir\\file", "\\\\"),
        ("{a,b}" * 7, "100"),
        ("{" + "a," * 100 + "a}", "100"),
        ("{a,b}" * 100, "100"),
    ],
)
def test_a_glob_that_could_be_meant_otherwise_is_refused_with_the_reason(
    glob: str, word: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        Globs([glob])
    assert word in refused.value.detail


def test_globs_that_must_be_searched_have_a_length_with_all_alternatives() -> None:
    with pytest.raises(InvalidInputError, match="too long together"):
        Globs(["{a,b}{a,b}{a,b}{a,b}*" + "x" * 200])
    with pytest.raises(InvalidInputError, match="too long together"):
        Globs(["?" * 500] * 6)
    Globs(["a*" + "x" * 440] * 5)
    Globs(["x" * 500, "*" + "x" * 499, "x" * 498 + "/**"] * 20)


@pytest.mark.parametrize(
    ("glob", "key", "expected"),
    [
        ("*a" * 200 + "*b", "a" * 1024, False),
        ("*a" * 200 + "*", "a" * 1024, True),
        ("*?" * 200 + "*b", "a" * 1024, False),
        ("**/" + "a*" * 200 + "/**/b", "a" * 512 + "/" + "a" * 511, False),
        ("**/a/" * 90 + "b", "a/" * 511 + "a", False),
        ("**/*/" * 90 + "b", "a/" * 511 + "a", False),
        ("**/*a*a*/" * 50 + "b", "aaaa/" * 204, False),
        ("**/" + "a/" * 200 + "b", "a/" * 511 + "a", False),
        ("{a,aa}*{a,aa}*{a,aa}*{a,aa}*{a,aa}*{a,aa}*b", "a" * 1024, False),
        ("[!b]*" * 100 + "b", "a" * 1024, False),
    ],
)
def test_a_hostile_glob_is_answered(glob: str, key: str, *, expected: bool) -> None:
    """Trying what could match one after the other would take longer than the universe is old."""
    assert Globs([glob]).matches(key) is expected


@given(tree=trees, key=keys, before=st.sampled_from(["", "a/", "b/a/"]))
def test_a_glob_matches_exactly_what_trying_everything_finds(
    tree: GlobTree, key: str, before: str
) -> None:
    globs = Globs([tree.text], start=len(before))
    assert globs.matches(before + key) is tree.matches(key), tree.text


@given(several=st.lists(trees, max_size=4), key=keys)
def test_several_globs_match_exactly_when_one_of_them_does(
    several: list[GlobTree], key: str
) -> None:
    globs = Globs([tree.text for tree in several])
    assert globs.matches(key) is any(tree.matches(key) for tree in several)


@given(glob=st.text("a/*?[]{},!^-\\:"), key=keys)
def test_any_text_is_a_glob_or_is_refused(glob: str, key: str) -> None:
    with suppress(InvalidInputError):
        Globs([glob]).matches(key)
