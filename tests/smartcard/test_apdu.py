# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Commands and answers as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.apdu import CommandApdu, ResponseApdu, is_pin_command, is_secure, wipe
from townhall_smartcard.errors import CardMisuseError, CardUnreadableError

PIN_INSTRUCTIONS = (0x20, 0x21, 0x24, 0x25, 0x2C, 0x2D)


@pytest.mark.parametrize(
    ("command", "raw"),
    [
        (CommandApdu(0x00, 0xA4, 0x00, 0x0C), "00a4000c"),
        (CommandApdu(0x00, 0xB0, 0x01, 0x80, le=0xC0), "00b00180c0"),
        (CommandApdu(0x00, 0xB0, 0x00, 0x00, le=256), "00b0000000"),
        (CommandApdu(0x00, 0xA4, 0x01, 0x0C, b"\x50\x00"), "00a4010c025000"),
        (CommandApdu(0x00, 0xA4, 0x09, 0x04, b"\xad\xf1", le=256), "00a4090402adf100"),
    ],
)
def test_the_four_short_cases_are_written_as_iso_7816_4_draws_them(command: CommandApdu, raw: str) -> None:
    assert command.encode() == bytes.fromhex(raw)
    assert command.encode(is_extended=True) == bytes.fromhex(raw), "extended only where short does not do"


@pytest.mark.parametrize(
    ("command", "raw"),
    [
        (CommandApdu(0x00, 0xB0, 0x00, 0x00, le=257), "00b00000000101"),
        (CommandApdu(0x00, 0xB0, 0x00, 0x00, le=65536), "00b00000000000"),
        (CommandApdu(0x00, 0xD6, 0x00, 0x00, bytes(256)), "00d60000000100" + 256 * "00"),
        (CommandApdu(0x00, 0xD6, 0x00, 0x00, bytes(256), le=256), "00d60000000100" + 256 * "00" + "0100"),
        (CommandApdu(0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x00", le=4096), "00cb3fff0000025c001000"),
    ],
)
def test_the_three_extended_cases_are_written_as_iso_7816_4_draws_them(command: CommandApdu, raw: str) -> None:
    assert command.encode(is_extended=True) == bytes.fromhex(raw)


@pytest.mark.parametrize(
    ("command", "is_extended"),
    [
        (CommandApdu(0, 0xD6, 0, 0, bytes(256)), False),
        (CommandApdu(0, 0xB0, 0, 0, le=257), False),
        (CommandApdu(0, 0xD6, 0, 0, bytes(65536)), True),
        (CommandApdu(0, 0xB0, 0, 0, le=65537), True),
        (CommandApdu(0, 0xB0, 0, 0, le=0), False),
        (CommandApdu(0, 0xB0, 0, 0, le=-1), True),
    ],
)
def test_what_no_apdu_can_say_is_refused(command: CommandApdu, *, is_extended: bool) -> None:
    with pytest.raises(CardMisuseError):
        command.encode(is_extended=is_extended)


@given(st.binary(max_size=255), st.none() | st.integers(1, 256))
def test_a_short_command_says_how_long_it_is(data: bytes, le: int | None) -> None:
    raw = CommandApdu(0x00, 0x88, 0x00, 0x00, data, le).encode()
    assert len(raw) == 4 + (1 + len(data) if data else 0) + (le is not None)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_answer_or_refused(untrusted: bytes) -> None:
    try:
        answer = ResponseApdu.parse(untrusted)
    except CardUnreadableError:
        assert len(untrusted) < 2 or untrusted[-2] not in {*range(0x61, 0x70), *range(0x90, 0xA0)}
    else:
        assert answer.data + answer.status.to_bytes(2, "big") == untrusted
        assert answer.is_ok == untrusted.endswith(b"\x90\x00")


def test_an_answer_longer_than_any_apdu_is_refused() -> None:
    with pytest.raises(CardUnreadableError):
        ResponseApdu.parse(bytes(65537) + b"\x90\x00")


def test_neither_command_nor_answer_shows_its_data() -> None:
    shown = repr(CommandApdu(0x00, 0x20, 0x00, 0x01, b"1234")) + repr(ResponseApdu(b"MARI", 0x9000))
    assert "1234" not in shown
    assert "MARI" not in shown
    assert CommandApdu(0x00, 0x20, 0x00, 0x01, b"1234").name == "00200001"


@given(st.integers(0, 255), st.binary(max_size=20))
def test_pin_commands_are_told_by_their_instruction_in_every_class(ins: int, rest: bytes) -> None:
    for cla in (0x00, 0x0C, 0x10, 0x80):
        assert is_pin_command(bytes((cla, ins)) + rest) == (ins in PIN_INSTRUCTIONS)
    assert CommandApdu(0, ins, 0, 0).is_about_pin == (ins in PIN_INSTRUCTIONS)


@pytest.mark.parametrize(("cla", "expected"), [(0x00, False), (0x10, False), (0x04, True), (0x0C, True), (0x8C, True)])
def test_secure_messaging_is_told_by_the_class_byte(cla: int, *, expected: bool) -> None:
    assert is_secure(bytes((cla, 0xB0, 0, 0))) is expected


def test_further_classes_and_fragments_are_told_apart() -> None:
    assert is_secure(b"\x60\xb0\x00\x00")
    assert not is_secure(b"\x4c\xb0\x00\x00")
    assert not is_secure(b"")
    assert not is_pin_command(b"\x00")


def test_wiping_leaves_zeros_of_the_same_length() -> None:
    secret = bytearray(b"1234")
    wipe(secret)
    assert secret == bytes(4)
