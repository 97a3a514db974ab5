# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""OpenPACE, which others wrote, speaks PACE and secure messaging with our terminal and with our simulated card."""

import itertools
import os

import pytest
from tests.smartcard.emrtd.openpace import OpenPace

from townhall_smartcard.apdu import CommandApdu, ResponseApdu
from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.dh_groups import DH_GROUPS
from townhall_smartcard.emrtd.pace import PacePassword, PaceRefused, PaceSession, PasswordReference, establish
from townhall_smartcard.emrtd.secure_messaging import SecureMessaging, SecureSession
from townhall_smartcard.emrtd.security_infos import PaceInfo, PaceMapping
from townhall_smartcard.emrtd.steps import run
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.contactless_card import ContactlessCard
from townhall_smartcard.simulation.emrtd_chip import ChipContents, EmrtdChip
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.tlv import encode, parse_all, value_at

CAN = b"271828"
WRONG_CAN = b"271829"
# Debian's OpenPACE is built without integrated mapping and knows none of chip authentication.
OFFERS = tuple(
    offer
    for mapping in (PaceMapping.ECDH_GENERIC, PaceMapping.DH_GENERIC)
    for cipher, parameters in itertools.product(Cipher, (*DH_GROUPS, *CURVES))
    if (offer := PaceInfo(mapping, cipher, parameters)).is_served
)


def names(offer: PaceInfo) -> str:
    return f"{offer.cipher.name}-{offer.parameters}"


def is_usual(offer: PaceInfo) -> bool:
    """Every cipher and every group, but not each with each."""
    return offer.cipher is Cipher.AES_256 or offer.parameters in {0, 13}


def among(offers: tuple[PaceInfo, ...]) -> pytest.MarkDecorator:
    marked = ((each, () if is_usual(each) else pytest.mark.long) for each in offers)
    return pytest.mark.parametrize("offer", [pytest.param(each, id=names(each), marks=marks) for each, marks in marked])


every_offer = among(OFFERS)
# The simulated Estonian card knows no extended lengths, as public keys of 2048 bits need them.
every_short_offer = among(tuple(each for each in OFFERS if each.parameters not in {1, 2}))


class OpenPaceChip:
    """A card whose PACE and whose secure messaging are OpenPACE's; it repeats what it is told."""

    def __init__(self, offer: PaceInfo, can: bytes = CAN) -> None:
        self._side = OpenPace(offer, can)
        self._is_open = False
        self.heard: list[tuple[bytes, bytes]] = []

    def exchange(self, command: CommandApdu) -> ResponseApdu:
        if self._is_open:
            return self._repeat(command)
        if command.ins == 0x22:
            return ResponseApdu(b"", 0x9000)
        return self._step(*((each.tag, each.value) for each in parse_all(value_at(bytes(command.data), 0x7C))))

    def _step(self, asked: tuple[int, bytes] | None = None) -> ResponseApdu:
        match asked:
            case None:
                return _dynamic(0x80, self._side.encrypted_nonce())
            case (0x81, theirs):
                own = self._side.mapping_data()
                self._side.map(theirs)
                return _dynamic(0x82, own)
            case (0x83, theirs):
                own = self._side.public_key()
                self._token = self._side.agree(theirs)
                return _dynamic(0x84, own)
            case (0x85, theirs) if self._side.believes(theirs):
                self._is_open = True
                self._side.begin_session()
                return _dynamic(0x86, self._token)
            case _:
                return ResponseApdu(b"", 0x6300)

    def _repeat(self, command: CommandApdu) -> ResponseApdu:
        self._side.count()
        data = bytes(command.data)
        objects, checksum = data[:-10], data[-8:]
        header = self._side.padded(bytes((command.cla, command.ins, command.p1, command.p2)))
        assert checksum == self._side.checksum(header + self._side.padded(objects))
        plain = b"".join(
            self._side.decrypt(each.value[each.tag == 0x87 :])
            for each in parse_all(objects)
            if each.tag in (0x85, 0x87)
        )
        self.heard.append((header[:4], plain))
        self._side.count()
        answer = encode(0x87, b"\x01" + self._side.encrypt(plain)) if plain else b""
        answer += encode(0x99, b"\x90\x00")
        return ResponseApdu(answer + encode(0x8E, self._side.checksum(self._side.padded(answer))), 0x9000)


def _dynamic(tag: int, value: bytes) -> ResponseApdu:
    return ResponseApdu(encode(0x7C, encode(tag, value)), 0x9000)


def password(can: bytes) -> PacePassword:
    return PacePassword(PasswordReference.CAN, can)


def attempts(offer: PaceInfo) -> range:
    """OpenPACE leaves leading zeros of a secret residue away (PKCS #3 keeps them): one run in 128 cannot end well."""
    return range(1 if offer.mapping.is_elliptic else 4)


@every_offer
def test_our_terminal_opens_openpaces_chip_and_each_understands_the_other(offer: PaceInfo) -> None:
    for _ in attempts(offer):
        chip = OpenPaceChip(offer)
        session = run(establish(offer, password(CAN), os.urandom), chip)
        if isinstance(session, PaceSession):
            break
    assert isinstance(session, PaceSession)
    card = SecureMessaging(chip, SecureSession(session.keys))
    for command in (
        CommandApdu(0x00, 0xA4, 0x04, 0x0C, bytes(range(16))),
        CommandApdu(0x00, 0xB0, 0x01, 0x02, le=192),
        CommandApdu(0x00, 0xCB, 0x3F, 0xFF, bytes(10), le=256),
        CommandApdu(0x00, 0x2A, 0x9E, 0x9A, bytes(48), le=256),
    ):
        assert card.exchange(command) == ResponseApdu(bytes(command.data), 0x9000)
        header = bytes((0x0C, command.ins, command.p1, command.p2))
        assert chip.heard[-1] == (header, command.data)


@every_offer
def test_openpaces_chip_refuses_a_wrong_number_of_ours(offer: PaceInfo) -> None:
    assert run(establish(offer, password(WRONG_CAN), os.urandom), OpenPaceChip(offer)) == PaceRefused()


def test_a_chip_that_says_yes_to_everything_is_not_believed() -> None:
    offer = OFFERS[0]

    class Liar(OpenPaceChip):
        def exchange(self, command: CommandApdu) -> ResponseApdu:
            answer = super().exchange(command)
            return answer if answer.is_ok else _dynamic(0x86, bytes(8))

    with pytest.raises(CardUnreadableError, match="does not know the password"):
        run(establish(offer, password(WRONG_CAN), os.urandom), Liar(offer))


def open_with_openpace(card: ContactlessCard | EmrtdChip, offer: PaceInfo, can: bytes) -> tuple[OpenPace, bool]:
    """Let OpenPACE be the terminal of our simulated card; tell whether both believe each other."""
    way, side = processors_for(card, is_extended=True), OpenPace(offer, can)
    longest = 256 if offer.parameters not in {1, 2} else 65536

    def step(data: bytes, tag: int, *, is_last: bool = False) -> bytes:
        answer = way.exchange(CommandApdu(0x00 if is_last else 0x10, 0x86, 0, 0, encode(0x7C, data), le=longest))
        return value_at(answer.data, 0x7C, tag) if answer.is_ok else b""

    template = encode(0x80, offer.identifier) + encode(0x83, b"\x02")
    assert way.exchange(CommandApdu(0x00, 0x22, 0xC1, 0xA4, template)).is_ok
    side.take_nonce(step(b"", 0x80))
    own = side.mapping_data()
    side.map(step(encode(0x81, own), 0x82))
    own = side.public_key()
    token = side.agree(step(encode(0x83, own), 0x84))
    proof = step(encode(0x85, token), 0x86, is_last=True)
    return side, bool(proof) and side.believes(proof)


@every_short_offer
def test_openpace_opens_our_simulated_card_and_reads_it(offer: PaceInfo, kadri_keys: CardKeys) -> None:
    card = ContactlessCard(EstonianCard(KADRI, kadri_keys), CAN, offers=(offer,), pause=lambda _seconds: None)
    for _ in attempts(offer):
        side, is_open = open_with_openpace(card, offer, CAN)
        if is_open:
            break
    assert is_open
    side.begin_session()

    def read(ins: int, p1: int, p2: int, data: bytes) -> bytes:
        side.count()
        header = side.padded(bytes((0x0C, ins, p1, p2)))
        objects = encode(0x87, b"\x01" + side.encrypt(data)) if data else b""
        objects += encode(0x97, b"\x00")
        objects += encode(0x8E, side.checksum(header + side.padded(objects)))
        answer = card.transmit(header[:4] + bytes((len(objects),)) + objects + b"\x00")
        side.count()
        covered, checksum = answer[:-12], answer[-10:-2]
        assert checksum == side.checksum(side.padded(covered))
        assert answer[-2:] == value_at(covered, 0x99) == b"\x90\x00"
        cryptogram = [each.value for each in parse_all(covered) if each.tag == 0x87]
        return side.decrypt(cryptogram[0][1:]) if cryptogram else b""

    assert read(0xA4, 0x01, 0x0C, bytes.fromhex("5000")) == b""
    assert read(0xA4, 0x02, 0x0C, bytes.fromhex("5006")) == b""
    assert read(0xB0, 0x00, 0x00, b"") == KADRI.personal_code.encode()


@among(tuple(each for each in OFFERS if each.parameters in {1, 2}))
def test_openpace_opens_our_simulated_chip_by_long_public_keys(offer: PaceInfo) -> None:
    contents = ChipContents({}, {PasswordReference.CAN: CAN}, (offer,))
    for _ in attempts(offer):
        if open_with_openpace(EmrtdChip(contents, pause=lambda _seconds: None), offer, CAN)[1]:
            return
    pytest.fail("OpenPACE and the chip do not believe each other")


def test_our_simulated_card_refuses_a_wrong_number_of_openpaces(kadri_keys: CardKeys) -> None:
    offer = OFFERS[0]
    card = ContactlessCard(EstonianCard(KADRI, kadri_keys), CAN, offers=(offer,))
    assert not open_with_openpace(card, offer, WRONG_CAN)[1]
    assert card.failures == 1
