# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""OpenPACE, which others wrote, is the terminal of our simulated German card: each password, each state."""

import pytest
from tests.smartcard.emrtd.openpace import OpenPace

from townhall_smartcard.apdu import CommandApdu
from townhall_smartcard.emrtd.pace import PasswordReference
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.german_card import GermanChip
from townhall_smartcard.simulation.german_contents import CAN, OFFER, PIN, PUK, GermanSecrets
from townhall_smartcard.tlv import encode, parse_all, value_at


class OpenPaceTerminal:
    """One terminal at one card."""

    def __init__(self, card: GermanChip) -> None:
        self._card = card
        self._way = processors_for(card)

    def chosen(self, reference: PasswordReference) -> int:
        template = encode(0x80, OFFER.identifier) + encode(0x83, bytes((reference,)))
        return self._way.exchange(CommandApdu(0x00, 0x22, 0xC1, 0xA4, template)).status

    def opened(self, reference: PasswordReference, code: bytes) -> bool:
        """Go through PACE; tell whether both believe each other."""
        self.chosen(reference)
        self.side = OpenPace(OFFER, code, reference)
        self.status = 0
        self.side.take_nonce(self._step(b"", 0x80))
        own = self.side.mapping_data()
        self.side.map(self._step(encode(0x81, own), 0x82))
        own = self.side.public_key()
        token = self.side.agree(self._step(encode(0x83, own), 0x84))
        proof = self._step(encode(0x85, token), 0x86, is_last=True)
        is_open = bool(proof) and self.side.believes(proof)
        if is_open:
            self.side.begin_session()
        return is_open

    def _step(self, data: bytes, tag: int, *, is_last: bool = False) -> bytes:
        command = CommandApdu(0x00 if is_last else 0x10, 0x86, 0, 0, encode(0x7C, data), le=256)
        answer = self._way.exchange(command)
        self.status = answer.status
        return value_at(answer.data, 0x7C, tag) if answer.is_ok else b""

    def reset_counter(self, how: int, data: bytes) -> int:
        """RESET RETRY COUNTER of the PIN under OpenPACE's secure messaging."""
        side = self.side
        side.count()
        header = side.padded(bytes((0x0C, 0x2C, how, 0x03)))
        objects = encode(0x87, b"\x01" + side.encrypt(data)) if data else b""
        checksum = side.checksum(header + (side.padded(objects) if objects else b""))
        objects += encode(0x8E, checksum)
        answer = self._card.transmit(header[:4] + bytes((len(objects),)) + objects + b"\x00")
        side.count()
        covered = answer[:-12]
        assert answer[-10:-2] == side.checksum(side.padded(covered))
        (status,) = (each.value for each in parse_all(covered) if each.tag == 0x99)
        return int.from_bytes(status, "big")


@pytest.mark.parametrize(
    ("reference", "code"),
    [(PasswordReference.CAN, CAN), (PasswordReference.PIN, PIN), (PasswordReference.PUK, PUK)],
)
def test_openpace_opens_the_card_with_each_password_and_with_no_other(
    reference: PasswordReference, code: bytes
) -> None:
    terminal = OpenPaceTerminal(GermanChip())
    assert terminal.chosen(reference) == 0x9000
    assert not terminal.opened(reference, code[::-1])
    assert terminal.opened(reference, code)


def test_openpace_counts_the_pin_down_to_the_suspended_try_and_is_told_so() -> None:
    terminal = OpenPaceTerminal(GermanChip())
    told = []
    for _ in range(2):
        assert not terminal.opened(PasswordReference.PIN, b"141421")
        told += [terminal.status, terminal.chosen(PasswordReference.PIN)]
    assert told == [0x63C2, 0x63C2, 0x63C1, 0x63C1]


def test_openpace_changes_the_pin_and_unblocks_it() -> None:
    card = GermanChip(GermanSecrets(tries=0))
    terminal = OpenPaceTerminal(card)
    assert terminal.chosen(PasswordReference.PIN) == 0x63C0
    assert terminal.opened(PasswordReference.PUK, PUK)
    assert terminal.reset_counter(0x02, b"628318") == 0x6982, "no PUK sets a PIN"
    assert terminal.reset_counter(0x03, b"") == 0x9000
    assert terminal.opened(PasswordReference.PIN, PIN)
    assert terminal.reset_counter(0x02, b"628318") == 0x9000
    assert (card.secrets.pin, card.secrets.tries, card.secrets.puk_uses) == (b"628318", 3, 9)


def test_openpace_with_the_access_number_changes_nothing() -> None:
    card = GermanChip(GermanSecrets(tries=0))
    terminal = OpenPaceTerminal(card)
    assert terminal.opened(PasswordReference.CAN, CAN)
    assert terminal.reset_counter(0x02, b"628318") == 0x6982
    assert terminal.reset_counter(0x03, b"") == 0x6982
    assert card.secrets.tries == 0
