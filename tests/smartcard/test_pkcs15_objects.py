# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Directories of PKCS#15 cards: what they say is read, and bytes that are none are refused by name."""

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.national import pkcs15_objects as objects
from townhall_smartcard.national.pkcs15_der import Place
from townhall_smartcard.national.pkcs15_objects import Directory, KeyUse, PinFlag, PinType
from townhall_smartcard.pin_format import PinEncoding, PinFacts
from townhall_smartcard.simulation.national_keys import KeyKind
from townhall_smartcard.simulation.pkcs15_files import KeyPlace, PinHabits, card_files
from townhall_smartcard.tlv import encode

FOLDER: Final = bytes.fromhex("3F005015")
WILL: Final = KeyPlace(2, is_for_will=True, has_file=True)
PLAIN: Final = KeyPlace(1, is_for_will=False, has_file=False)
KEYS: Final = {
    PLAIN: (b"\x30\x00", KeyKind.P256.generate()),
    WILL: (b"\x30\x00", KeyKind.RSA_2048.generate()),
}
FILES: Final = card_files(KEYS, PinHabits(8, 0xFF, reference=0x81))
PARSERS: Final[tuple[Callable[[bytes], object], ...]] = (
    objects.application,
    objects.object_directory,
    objects.token,
    objects.private_keys,
    objects.certificates,
    objects.pins,
)
LONGEST: Final = 200


def test_the_application_has_a_name_and_a_path() -> None:
    found = objects.application(FILES[bytes.fromhex("3F002F00")])
    assert found == objects.Application(objects.APPLICATION, FOLDER)
    assert objects.application(encode(0x61, encode(0x4F, bytes.fromhex("A0000000041010")))) is None
    assert objects.application(b"\xff" * 64) is None


def test_a_directory_in_an_unusual_place_is_named_by_the_application() -> None:
    inside = encode(0x73, encode(0x30, encode(0x04, bytes.fromhex("3F0050155039"))))
    found = objects.application(encode(0x61, encode(0x4F, objects.APPLICATION) + inside))
    assert found == objects.Application(objects.APPLICATION, b"", bytes.fromhex("3F0050155039"))


def test_keys_say_what_they_are_for_and_how_they_are_named() -> None:
    plain, will = objects.private_keys(FILES[FOLDER + bytes.fromhex("4402")])
    assert (plain.is_elliptic, plain.reference, plain.path) == (True, 1, FOLDER)
    assert (will.is_elliptic, will.reference) == (False, 2)
    assert (plain.uses, will.uses) == (frozenset({KeyUse.SIGN}), frozenset({KeyUse.NON_REPUDIATION}))
    assert (will.path, will.pin, will.identifier) == (FOLDER + WILL.file, b"\x01", WILL.identifier)


def test_certificates_are_where_they_are_or_in_the_directory() -> None:
    found = objects.certificates(FILES[FOLDER + bytes.fromhex("4404")])
    assert [each.held for each in found] == [Place(FOLDER + place.certificate_file) for place in KEYS]
    certificate = encode(0x30, encode(0x30, b"") + encode(0x30, b"") + encode(0x03, b"\0"))
    for written in (certificate, certificate[2:]):
        kind = encode(0xA1, encode(0x30, encode(0xA0, written)))
        entry = encode(0x30, encode(0x30, b"") + encode(0x30, encode(0x04, b"\x07")) + kind)
        assert objects.certificates(entry) == (objects.CertificateEntry(b"\x07", certificate),)


def test_a_path_may_name_a_part_of_a_file() -> None:
    path = encode(0x30, encode(0x04, b"\x44\x04") + encode(0x02, b"\x40") + encode(0x80, b"\x01\x00"))
    assert objects.object_directory(encode(0xA4, path)) == {Directory.CERTIFICATES: (Place(b"\x44\x04", 64, 256),)}


def test_a_pin_says_how_it_is_presented() -> None:
    (pin,) = objects.pins(FILES[FOLDER + bytes.fromhex("4401")])
    assert (pin.kind, pin.shortest, pin.longest, pin.stored) == (PinType.ASCII, 4, 8, 8)
    assert (pin.reference, pin.padding, pin.path) == (0x81, 0xFF, FOLDER)
    assert pin.flags == {PinFlag.LOCAL, 4, PinFlag.NEEDS_PADDING}


def test_the_card_tells_what_it_calls_its_algorithms() -> None:
    algorithm = encode(0x30, bytes.fromhex("020107 02021041 0500 03020640 06082A8648CE3D040302 020104"))
    whole = encode(0x30, bytes.fromhex("020100 0402ABCD 030200F0") + encode(0xA2, algorithm))
    assert objects.token(whole) == objects.Token(b"\xab\xcd", {7: (0x1041, 4)})


@pytest.mark.parametrize(
    ("facts", "block"),
    [
        (PinFacts(1, 4, 8, 8, 0xFF), "3132333435FFFFFF"),
        (PinFacts(1, 4, 8, 0, 0xFF), "3132333435"),
        (PinFacts(1, 4, 8, 4, 0xFF, PinEncoding.BCD), "12345FFF"),
        (PinFacts(1, 4, 8, 8, 0x00, PinEncoding.HALF_NIBBLE_BCD), "F1F2F3F4F5000000"),
    ],
)
def test_digits_go_over_the_line_as_the_card_wants_them(facts: PinFacts, block: str) -> None:
    pin = bytearray(b"12345")
    assert facts.block(pin) == bytes.fromhex(block)
    assert pin == b"12345"


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
@given(st.data())
def test_any_bytes_are_read_or_refused_by_name(parse: Callable[[bytes], object], data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(list(FILES.values())))[:LONGEST])
    for place in data.draw(st.lists(st.integers(0, max(len(content) - 1, 0)), max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    untrusted = data.draw(st.one_of(st.just(bytes(content)), st.binary(max_size=LONGEST)))
    try:
        found = parse(untrusted)
    except CardUnreadableError:
        return
    assert isinstance(found, objects.Application | objects.Token | dict | tuple | None)


@given(st.integers(0, 64))
def test_what_fills_up_a_file_says_nothing(length: int) -> None:
    content = FILES[FOLDER + bytes.fromhex("4404")]
    assert objects.certificates(content + b"\xff" * length) == objects.certificates(content)


def test_a_directory_without_end_is_refused() -> None:
    with pytest.raises(CardUnreadableError):
        objects.object_directory(encode(0xA9, b"") * 65)
