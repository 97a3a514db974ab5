# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Regular expressions of forms: the same answers as Python's engine, in time that no pattern can stretch."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_forms.xpath.errors import XPathLimitError, XPathValueError
from townhall_forms.xpath.patterns import compile_pattern
from townhall_forms.xpath.patterns.pattern import MAX_PATTERN

ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "1",
        r"\d",
        r"\w",
        r"\s",
        r"\D",
        r"\W",
        "[ab]",
        "[^a]",
        "[a-z0-9]",
        ".",
        r"\b",
        r"\B",
        "^",
        "$",
        r"\.",
        "-",
    ]
)
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        inner.map(lambda part: f"(?={part})"),
        inner.map(lambda part: f"(?!{part})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "{2}", "{1,3}", "{2,}"])).map(
            lambda pair: f"({pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(pattern=PATTERNS, text=st.text(alphabet="ab1 -.", min_size=1, max_size=10))
def test_it_finds_what_python_finds(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).is_in(text) is (re.search(pattern, text, re.ASCII) is not None)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"^[^@ ]+@[^@ ]+\.[a-z]{2,}$", "mari@example.ee", True),
        (r"^[^@ ]+@[^@ ]+\.[a-z]{2,}$", "mari@example", False),
        (r"[0-9]{11}", "a12345678901b", True),
        (r"^\p{L}+$", "Õunapuu", True),
        (r"^\P{L}+$", "Õunapuu", False),
        (r"^\p{Lu}\p{IsAlpha}*$", "Õun", True),
        (r"\u00d5", "Õ", True),
        (r"(?i)^õun$", "ÕUN", True),
        (r"(?i)^[õ]UN$", "õun", True),
        (r"^(?<year>[0-9]{4})$", "2026", True),
        ("^[]a]$", "]", True),
        (r"^[\]\-\d]+$", "-]3", True),
        ("a{", "a{", True),
        ("a{x}", "a{x}", True),
        ("", "", True),
        ("^a|b$", "b", True),
        ("^a.c$", "a\nc", False),
        ("x*", "", True),
    ],
)
def test_what_authors_write(pattern: str, text: str, expected: bool) -> None:  # noqa: FBT001 - a value
    assert compile_pattern(pattern).is_in(text) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        ")",
        "[a",
        "a**",
        "a{2,1}",
        "*a",
        r"(a)\1",
        "(?<=a)b",
        "(?<!a)b",
        r"\q",
        r"\p{Nope}",
        "[z-a]",
        r"\u12",
        "a\\",
        "(?#",
    ],
)
def test_what_is_no_expression_or_needs_backtracking_is_refused(pattern: str) -> None:
    with pytest.raises(XPathValueError):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["a" * (MAX_PATTERN + 1), "(" * 40 + "a" + ")" * 40, "a{1001}", "((a{100}){100}){100}", "(((a{1,900})?){9})+"],
)
def test_what_grows_beyond_measure_is_refused(pattern: str) -> None:
    with pytest.raises(XPathLimitError):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(.*a){12}$", "^a?a?a?a?a?a?a?a?a?aaaaaaaaa$"]
)
def test_what_explodes_elsewhere_is_counted_in_steps_here(pattern: str) -> None:
    assert compile_pattern(pattern).is_in("a" * 1_999 + "!") is False


def test_looking_ahead_from_everywhere_ends() -> None:
    pattern = compile_pattern("(?=" + "(?=.*b)" * 3 + ".*b)c")
    with pytest.raises(XPathLimitError):
        pattern.is_in("a" * 2_000)
