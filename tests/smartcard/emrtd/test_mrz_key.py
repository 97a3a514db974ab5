# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The access key of a machine readable zone: the worked examples, long numbers, unknown dates."""

import hashlib
from collections.abc import Callable

import pytest

from townhall_smartcard.emrtd.check_digit import check_digit
from townhall_smartcard.emrtd.mrz_key import mrz_password
from townhall_smartcard.emrtd.pace import PasswordReference
from townhall_smartcard.errors import CardMisuseError


@pytest.mark.parametrize("number", [b"L898902C<", b"L898902C"])
def test_the_seed_is_that_of_the_example(icao: Callable[[str], dict[str, str]], number: bytes) -> None:
    facts = icao("bac")
    password = mrz_password(number, facts["date_of_birth"].encode(), facts["date_of_expiry"].encode())
    assert password.reference is PasswordReference.MRZ
    assert password.secret[:16].hex() == facts["k_seed"].lower()
    assert bytes(password.secret) == hashlib.sha1(facts["mrz_information"].encode()).digest()  # noqa: S324


@pytest.mark.parametrize(
    ("number", "birth", "expiry", "information"),
    [
        (b"T22000129", b"640812", b"101031", b"T22000129364081251010318"),  # ICAO 9303-11 appendix G
        (b"C11T002JM", b"960812", b"231031", b"C11T002JM496081222310314"),  # appendix I
        (b"D23145890734", b"340712", b"950712", b"D23145890734934071279507122"),  # appendix D.2, a long number
        (b"D23145890734<<", b"340712", b"950712", b"D23145890734934071279507122"),
        (b"D1", b"340712", b"950712", b"D1<<<<<<<" + b"4" + b"3407127" + b"9507122"),
    ],
)
def test_the_key_is_made_of_three_fields_with_their_check_digits(
    number: bytes, birth: bytes, expiry: bytes, information: bytes
) -> None:
    assert bytes(mrz_password(number, birth, expiry).secret) == hashlib.sha1(information).digest()  # noqa: S324


@pytest.mark.parametrize(("field", "digit"), [(b"520727", b"3"), (b"AB2134<<<", b"5"), (b"<<<<<<", b"0"), (b"", b"0")])
def test_check_digits_are_those_of_part_3(field: bytes, digit: bytes) -> None:
    assert check_digit(field) == digit[0]


@pytest.mark.parametrize("number", [b"l898902c", b"L89 8902", b"L898902C\xc3", b"O'HARA"])
def test_characters_that_no_zone_has_are_refused(number: bytes) -> None:
    with pytest.raises(CardMisuseError):
        mrz_password(number, b"690806", b"940623")


@pytest.mark.parametrize(("birth", "expiry"), [(b"69080", b"940623"), (b"690806", b"19940623")])
def test_dates_of_another_length_are_refused(birth: bytes, expiry: bytes) -> None:
    with pytest.raises(CardMisuseError):
        mrz_password(b"L898902C<", birth, expiry)


def test_an_unknown_day_of_birth_is_filled_up() -> None:
    assert mrz_password(b"L898902C<", b"6908<<", b"940623") != mrz_password(b"L898902C<", b"690800", b"940623")


def test_what_was_given_is_left_as_it_was() -> None:
    number = bytearray(b"L898902C<")
    mrz_password(number, b"690806", b"940623")
    assert number == b"L898902C<"
