# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which new PINs are weak, and by which rule."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.pin_rules import NewPin, NewPinFault, weaknesses

BORN = date(1985, 3, 27)
CODE = "48503271234"


def found(pin: str, born: date | None = BORN, code: str = CODE) -> set[NewPinFault]:
    return set(weaknesses(NewPin(bytearray(pin.encode()), born, code)))


@pytest.mark.parametrize("pin", ["7777", "0000000", "1212", "907907", "48264826", "7878787", "123123123123"])
def test_one_group_again_and_again_is_weak(pin: str) -> None:
    assert NewPinFault.REPEATS in found(pin, None, "")


@pytest.mark.parametrize("pin", ["1234", "4567", "7654", "2109", "7890", "890123", "123456789012", "987654321098"])
def test_digits_that_follow_each_other_are_weak(pin: str) -> None:
    assert found(pin, None, "") == {NewPinFault.RUN}


@pytest.mark.parametrize(
    "pin",
    ["1985", "2703", "0327", "270385", "850327", "032785", "19850327", "27031985", "03271985", "91985", "1985703"],
)
def test_the_date_of_birth_in_any_order_is_weak_with_up_to_three_digits_more(pin: str) -> None:
    assert NewPinFault.BIRTH_DATE in found(pin, code="")


@pytest.mark.parametrize("pin", ["1234", "4850", "3271234", "48503271234", "948503", "712340"])
def test_a_piece_of_the_personal_code_is_weak(pin: str) -> None:
    assert NewPinFault.PERSONAL_CODE in found(pin, None)


def test_a_personal_code_is_known_however_it_is_written() -> None:
    assert found("8511", None, "270385-11234") == {NewPinFault.PERSONAL_CODE}


@pytest.mark.parametrize("pin", ["4826", "1112", "1123", "7391", "19858264", "48502693", "12340", "73917"])
def test_other_pins_are_good(pin: str) -> None:
    assert found(pin, code="48503279999") == set()


def test_a_card_that_says_nothing_of_its_holder_leaves_the_rules_that_need_nothing() -> None:
    assert found("1985", None, "") == set()
    assert found("1111", None, "") == {NewPinFault.REPEATS}


def test_every_rule_that_a_pin_breaks_is_named_in_the_order_of_the_table() -> None:
    assert weaknesses(NewPin(bytearray(b"1111"), date(2001, 11, 11), "51111110000")) == (
        NewPinFault.REPEATS,
        NewPinFault.BIRTH_DATE,
        NewPinFault.PERSONAL_CODE,
    )


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(0, 4))
def test_no_piece_of_a_written_date_passes(born: date, start: int) -> None:
    written = born.strftime("%d%m") + str(born.year)
    assert NewPinFault.BIRTH_DATE in found(written[start : start + 4], born, "")


@given(st.text("0123456789", min_size=4, max_size=12), st.dates(), st.text("0123456789", max_size=11))
def test_a_pin_is_judged_and_left_as_it_is(pin: str, born: date, code: str) -> None:
    entered = bytearray(pin.encode())
    weaknesses(NewPin(entered, born, code))
    assert entered == pin.encode()


def test_a_new_pin_does_not_show_what_it_holds() -> None:
    assert repr(NewPin(bytearray(b"4826"), BORN, CODE)) == "NewPin()"


def test_the_codes_of_the_reasons_are_stable() -> None:
    assert [each.value for each in NewPinFault] == [
        "new-pin-length",
        "new-pin-same",
        "new-pin-repeats",
        "new-pin-run",
        "new-pin-birth-date",
        "new-pin-personal-code",
        "new-pin-not-taken",
    ]
