# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files of PKCS#15 cards: whole, in part, in records, and of cards that do not say how long they are."""

from collections.abc import Callable
from typing import Final

import pytest

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError
from townhall_smartcard.national.pkcs15_der import Place
from townhall_smartcard.national.pkcs15_files import Pkcs15Files
from townhall_smartcard.national.transaction import CardTransaction
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.national_keys import CertifiedHolder, KeyKind, NationalAuthority
from townhall_smartcard.simulation.pkcs15_card import ISO_APPLET, MYEID, Pkcs15Habits, Pkcs15Simulation
from townhall_smartcard.simulation.vpcd import VirtualCard

HOLDER: Final = CertifiedHolder("US", "SPECIMEN", "ALEX", "PNOUS-000000001")
KEYS: Final = NationalAuthority("US").issue_card_keys(HOLDER, KeyKind.P256, KeyKind.P256)
CERTIFICATE: Final = bytes.fromhex("3F0050154301")
EF_DIR: Final = bytes.fromhex("3F002F00")


def opened(card: VirtualCard) -> Pkcs15Files:
    files = Pkcs15Files(CardTransaction(processors_for(card)))
    files.open()
    return files


def test_a_part_of_a_file_is_what_its_path_names() -> None:
    files, whole = opened(Pkcs15Simulation(KEYS)), KEYS.authentication.certificate
    assert files.read(Place(CERTIFICATE)) == whole
    assert files.read(Place(CERTIFICATE[4:], 2, 10)) == whole[2:12]
    assert files.read(Place(CERTIFICATE, 7)) == whole[7:]
    with pytest.raises(CardUnreadableError):
        files.read(Place(CERTIFICATE, 0, len(whole) + 1))


def test_records_are_read_one_after_the_other_or_alone() -> None:
    files = opened(Pkcs15Simulation(KEYS, MYEID))
    assert files.read(Place(EF_DIR)) == files.read(Place(EF_DIR, 1)) != b""
    with pytest.raises(CardUnreadableError):
        files.read(Place(EF_DIR, 2))


Hide = Callable[[bytes, bytes], bytes]


def bare(command: bytes, answer: bytes) -> bytes:
    """Say nothing of files."""
    return b"\x90\x00" if command[1] == 0xA4 and command[2] != 0x04 and answer[-2:] == b"\x90\x00" else answer


@pytest.mark.parametrize("habits", [ISO_APPLET, MYEID], ids=["isoapplet", "myeid"])
@pytest.mark.parametrize("end", ["6b00", "6282", "9000"])
def test_a_card_that_tells_no_length_is_read_to_the_end(habits: Pkcs15Habits, end: str) -> None:
    class Silent(Pkcs15Simulation):
        def transmit(self, command: RawCommand) -> bytes:
            answer = bare(bytes(command), super().transmit(command))
            return bytes.fromhex(end) if answer == b"\x6b\x00" else answer

    files = opened(Silent(KEYS, habits))
    assert files.read(Place(CERTIFICATE)) == KEYS.authentication.certificate
    assert files.read(Place(EF_DIR))[:1] == b"\x61"


def test_long_answers_that_are_fetched_are_the_same() -> None:
    files = opened(Pkcs15Simulation(KEYS, delivery=Delivery.FETCHED))
    assert files.read(Place(CERTIFICATE)) == KEYS.authentication.certificate


def test_a_card_with_nothing_of_it_is_not_supported() -> None:
    class Nothing(Pkcs15Simulation):
        def transmit(self, command: RawCommand) -> bytes:
            return b"\x6d\x00" if command else b"\x67\x00"

    with pytest.raises(CardUnsupportedError):
        opened(Nothing(KEYS))
