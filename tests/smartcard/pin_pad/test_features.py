# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a reader says that it can do, and what of it is believed."""

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.pin_pad.exclusions import EXCLUDED, PadPolicy, is_excluded
from townhall_smartcard.pin_pad.features import (
    Feature,
    PadProperties,
    parse_features,
    parse_pin_properties,
    parse_tlv_properties,
)
from townhall_smartcard.pin_pad.structures import EndsBy

# As libccid's readers with keys answer: verify, modify, properties, MCT, escape
FEATURES: Final = bytes.fromhex(
    "06 04 42330006  07 04 42330007  0A 04 4233000A  08 04 42330008  12 04 42330012  13 04 42000001"
)
TLV: Final = bytes.fromhex(
    "01 02 1002  02 01 02  03 01 00  06 01 04  07 01 10  08 05 312E302E32  0A 04 00010000  0B 02 6B07  0C 02 2136"
)
PARSERS: Final = (parse_features, parse_tlv_properties, parse_pin_properties)


def test_control_codes_are_big_endian_and_unknown_features_passed_over() -> None:
    assert parse_features(FEATURES) == {
        Feature.VERIFY_PIN_DIRECT: 0x42330006,
        Feature.MODIFY_PIN_DIRECT: 0x42330007,
        Feature.IFD_PIN_PROPERTIES: 0x4233000A,
        Feature.GET_TLV_PROPERTIES: 0x42330012,
    }
    assert parse_features(b"") == {}


def test_properties_are_little_endian() -> None:
    told = parse_tlv_properties(TLV)
    assert told == PadProperties(
        has_display=True, ends_by=EndsBy.KEY, shortest=4, longest=16, vendor=0x076B, product=0x3621
    )
    assert parse_tlv_properties(b"") == PadProperties()
    assert parse_tlv_properties(bytes.fromhex("01020000 020100")) == PadProperties(has_display=False)


def test_the_four_bytes_of_an_older_reader_tell_its_display_and_how_an_entry_ends() -> None:
    assert parse_pin_properties(bytes.fromhex("1002 07 00")) == PadProperties(
        has_display=True, ends_by=EndsBy.KEY | EndsBy.LONGEST | EndsBy.TIME
    )
    assert parse_pin_properties(bytes.fromhex("0000 F8 1E")) == PadProperties(has_display=False)


@pytest.mark.parametrize(
    ("parse", "told"),
    [
        (parse_features, FEATURES[:-1]),
        (parse_features, bytes.fromhex("06 03 42330006")),
        (parse_features, bytes.fromhex("06 04 42330006 06 04 42330007")),
        (parse_features, b"\x06"),
        (parse_tlv_properties, b"\x01"),
        (parse_tlv_properties, bytes.fromhex("01 02 10")),
        (parse_tlv_properties, bytes.fromhex("01 FF 1002")),
        (parse_tlv_properties, bytes.fromhex("01 00")),
        (parse_tlv_properties, bytes.fromhex("07 02 1000")),
        (parse_tlv_properties, bytes.fromhex("07 01 10 07 01 0C")),
        (parse_pin_properties, b""),
        (parse_pin_properties, bytes(5)),
    ],
)
def test_a_reader_that_tells_it_wrongly_is_not_believed(parse: Callable[[bytes], object], told: bytes) -> None:
    with pytest.raises(CardUnreadableError):
        parse(told)


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused_by_name(parse: Callable[[bytes], object], untrusted: bytes) -> None:
    try:
        parse(untrusted)
    except CardUnreadableError as exc:
        assert exc.code == "TH-CARD-006"  # noqa: PT017  # a hypothesis test has many outcomes


def test_the_two_readers_that_only_say_that_they_have_keys_are_not_believed() -> None:
    assert [(each.vendor, each.product) for each in EXCLUDED] == [(0x076B, 0x3031), (0x076B, 0x6632)]
    assert all(is_excluded(PadProperties(vendor=each.vendor, product=each.product)) for each in EXCLUDED)
    assert not is_excluded(PadProperties(vendor=0x076B, product=0x3621))
    assert not is_excluded(PadProperties())


def test_an_operator_switches_all_keys_off_or_those_of_one_reader() -> None:
    assert PadPolicy().allows("Vendor Keypad 00 00")
    assert not PadPolicy(is_used=False).allows("Vendor Keypad 00 00")
    named = PadPolicy(excluded=("Vendor Keypad",))
    assert not named.allows("Vendor Keypad 01 00")
    assert named.allows("Other Vendor Keypad 00 00")
