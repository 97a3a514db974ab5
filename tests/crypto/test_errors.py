# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Each failure of this part has one code, documented once, and a place in the drawn tree."""

import re
from collections.abc import Iterator
from pathlib import Path

from townhall_crypto import errors, state_errors

FAILURE_CODES = Path(__file__).resolve().parents[2] / "docs" / "failure-codes.md"


def error_classes(base: type[errors.CryptoError] = errors.CryptoError) -> Iterator[type[errors.CryptoError]]:
    yield base
    for each in base.__subclasses__():
        if each.__module__ in {errors.__name__, state_errors.__name__}:
            yield from error_classes(each)


def test_no_two_failures_share_a_code() -> None:
    codes = [each.code for each in error_classes()]
    assert len(codes) == len(set(codes))


def test_every_code_is_documented_and_every_documented_code_exists() -> None:
    documented = re.findall(r"^\| (TH-CRYP-\d{3}) \|", FAILURE_CODES.read_text(), flags=re.MULTILINE)
    assert sorted(documented) == sorted(each.code for each in error_classes())


def test_the_drawn_tree_shows_every_failure_under_its_base() -> None:
    assert errors.__doc__
    drawn = re.findall(r"^([ │├└─]*)(\w+Error)\b", errors.__doc__, flags=re.MULTILINE)
    path: list[str] = []
    bases: dict[str, str] = {}
    for indent, name in drawn:
        depth = len(indent) // 4 - 1
        path[depth:] = [name]
        bases[name] = path[depth - 1] if depth else "Exception"
    assert bases == {each.__name__: each.__base__.__name__ for each in error_classes() if each.__base__}


def test_a_broken_seal_says_where_it_stopped_and_nothing_of_the_content() -> None:
    error = errors.SealBrokenError(errors.SealFault.COMMITMENT)
    assert error.fault is errors.SealFault.COMMITMENT
    assert str(error) == errors.SealFault.COMMITMENT.value
