# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the trace shows, and what it never shows."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.trace import TracedConnection, shown_answer, shown_command

SECRET = b"SECRET-1234"


class ParrotCard:
    """A card that answers with a name."""

    def transmit(self, command: RawCommand) -> bytes:
        return (b"M\xc3\x84NNIK" if command[1] == 0xB0 else b"") + b"\x90\x00"


@given(st.integers(0, 255), st.sampled_from([0x20, 0x21, 0x24, 0x25, 0x2C, 0x2D]), st.binary(min_size=1, max_size=40))
def test_a_pin_command_shows_its_header_alone_whatever_follows(cla: int, ins: int, body: bytes) -> None:
    assert shown_command(bytes((cla, ins, 0x00, 0x85)) + body) == f"{cla:02X}{ins:02X}0085 <PIN>"


@given(st.integers(0, 255))
def test_a_secure_body_is_never_shown(ins: int) -> None:
    shown = shown_command(bytes((0x0C, ins, 0x00, 0x00, len(SECRET))) + SECRET)
    assert SECRET.hex().upper() not in shown
    assert str(len(SECRET)) not in shown.split(" ", 1)[1]


@given(st.integers(0, 255))
def test_only_commands_that_name_a_file_or_a_key_show_their_data(ins: int) -> None:
    shown = shown_command(bytes((0x00, ins, 0x00, 0x00, len(SECRET))) + SECRET)
    assert (SECRET.hex().upper() in shown) == (ins in {0xA4, 0x22, 0xCB})


@given(st.binary(max_size=40))
def test_an_answer_shows_its_length_and_status_word(untrusted: bytes) -> None:
    shown = shown_answer(untrusted)
    if len(untrusted) < 2:
        assert shown == f"<torn: {len(untrusted)} bytes>"
    else:
        assert shown.startswith(f"<{len(untrusted) - 2} bytes> ")
        assert shown.endswith(untrusted[-2:].hex().upper())


@given(st.binary(max_size=3))
def test_a_fragment_of_a_command_can_be_shown(fragment: bytes) -> None:
    assert isinstance(shown_command(fragment), str)


def test_a_traced_exchange_is_one_line_without_name_or_pin(caplog: pytest.LogCaptureFixture) -> None:
    traced = TracedConnection(ParrotCard())
    with caplog.at_level(logging.DEBUG, "townhall_smartcard.trace"):
        assert traced.transmit(bytes.fromhex("00b0000000")) == b"M\xc3\x84NNIK\x90\x00"
        traced.transmit(bytearray.fromhex("002000010c") + b"1234" + 8 * b"\xff")
    assert len(caplog.messages) == 2
    assert caplog.messages[0].startswith("00B00000 <1 bytes> -> <7 bytes> OK 9000 in ")
    assert caplog.messages[1].startswith("00200001 <PIN> -> <0 bytes> OK 9000 in ")
    assert all(hidden not in caplog.text for hidden in ("31323334", "1234", "NNIK"))
