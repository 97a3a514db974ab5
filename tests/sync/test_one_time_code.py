# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Codes and numbers that people type: every single mistake of a hand is noticed."""

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_sync import base32
from townhall_sync.errors import CodeMistypedError
from townhall_sync.number import number_of, parse_number
from townhall_sync.one_time_code import OneTimeCode

CODE = OneTimeCode(bytes(range(16)), hashlib.sha256(b"root").digest())
HASHES = st.binary(min_size=32, max_size=32)


@given(st.binary(min_size=16, max_size=16), HASHES)
def test_a_printed_code_is_read_back(secret: bytes, root_sha256: bytes) -> None:
    code = OneTimeCode(secret, root_sha256)
    assert OneTimeCode.parse(code.format()) == code


def test_a_code_is_sixteen_groups_of_five() -> None:
    groups = CODE.format().split("-")
    assert [len(group) for group in groups] == [5] * 16


def test_case_spaces_and_lookalikes_do_not_matter() -> None:
    text = CODE.format().lower().replace("-", "  ").replace("0", "o").replace("1", "l")
    assert OneTimeCode.parse(f" {text}\n") == CODE


def test_every_single_wrong_symbol_is_noticed_but_for_one_in_32768() -> None:
    symbols = CODE.format().replace("-", "")
    missed = 0
    for place in range(len(symbols)):
        other = base32.ALPHABET[(base32.ALPHABET.index(symbols[place]) + 7) % 32]
        try:
            OneTimeCode.parse(symbols[:place] + other + symbols[place + 1 :])
            missed += 1
        except CodeMistypedError:
            pass
    assert missed == 0


def test_two_neighbours_swapped_are_noticed() -> None:
    symbols = CODE.format().replace("-", "")
    for place, (one, two) in enumerate(itertools.pairwise(symbols)):
        if one != two:
            with pytest.raises(CodeMistypedError):
                OneTimeCode.parse(symbols[:place] + two + one + symbols[place + 2 :])


@pytest.mark.parametrize("text", ["", "A", "U" * 80, "0" * 79, "0" * 81, "Z" * 80, "é" * 80, "0" * 5000])
def test_no_code_is_made_of_garbage(text: str) -> None:
    with pytest.raises(CodeMistypedError):
        OneTimeCode.parse(text)


@given(st.text(max_size=120))
def test_any_text_is_a_code_or_refused(text: str) -> None:
    try:
        code = OneTimeCode.parse(text)
    except CodeMistypedError:
        return
    assert OneTimeCode.parse(code.format()) == code


def test_the_secret_does_not_show() -> None:
    assert "secret" not in repr(CODE)
    with pytest.raises(ValueError, match="16"):
        OneTimeCode(b"", b"")


@given(HASHES)
def test_a_number_is_read_back_and_told_by_its_id(envelope_id: bytes) -> None:
    number = number_of(envelope_id.hex())
    assert parse_number(number) == number
    assert [len(group) for group in number.split("-")] == [4, 4, 4]


def test_most_mistyped_numbers_are_noticed() -> None:
    number = number_of("12" * 32)
    noticed = 0
    for place, other in itertools.product(range(11), base32.ALPHABET):
        symbols = number.replace("-", "")
        changed = symbols[:place] + other + symbols[place + 1 :]
        if changed != symbols:
            try:
                parse_number(changed)
            except ValueError:
                noticed += 1
    assert noticed > 0.93 * 11 * 31


@pytest.mark.parametrize("text", ["", "AAAA-AAAA", "????-????-????"])
def test_garbage_is_no_number(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the type is the contract
        parse_number(text)


def test_base32_refuses_what_does_not_fit() -> None:
    for value in (-1, 32):
        with pytest.raises(ValueError, match="fit"):
            base32.encode(value, 1)
    with pytest.raises(ValueError, match="alphabet"):
        base32.decode("u")
