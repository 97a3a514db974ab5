# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards of Thales chips as a program, Finland's and Estonia's: its PIN before the key, a hash before signing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.delivery import AnswerLine, Delivery
from townhall_smartcard.simulation.estonian_card_files import MASTER_FILE, ElementaryFile, Folder
from townhall_smartcard.simulation.estonian_card_pins import BLOCK_BYTES, Pin
from townhall_smartcard.simulation.estonian_card_selection import Selection
from townhall_smartcard.simulation.national_keys import KeyKind, NationalCardKeys
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode

_APPLICATION: Final = bytes.fromhex("A000000063504B43532D3135")
_PERSONAL_DATA: Final = b"\xdf\xdd"
TRANSPORT_PIN: Final = b"000000"
"""What both PINs of a new card are before its holder sets them."""
PUK: Final = b"12345678"
_LENGTH_TAG: Final = 0x81
_TAKES_HASH: Final = (0x90, 0xA0)
_SIGNS: Final = (0x9E, 0x9A)
_RSA_PSS: Final = CardAlgorithm(Scheme.RSA_PSS, Digest.SHA256)
_ON_P256: Final = CardAlgorithm(Scheme.ECDSA, Digest.SHA256)
_ON_P384: Final = CardAlgorithm(Scheme.ECDSA, Digest.SHA384)


@dataclass(frozen=True, slots=True, eq=False)
class KeyUse:
    """One key: how it is named, which PIN opens it, what it does, and how the card numbers that."""

    kind: KeyKind
    key: int
    pin: int
    shortest_pin: int
    number: int
    algorithm: CardAlgorithm
    certificate: bytes
    """Identifiers on the path from the master file."""


@dataclass(frozen=True, slots=True)
class ThalesProfile:
    """What a state has its cards made as."""

    atr: bytes
    authentication: KeyUse
    signature: KeyUse
    most_tries: int
    puk: int | None = None
    """Its reference, where the holder sets new PINs under it; without, no command replaces a PIN."""

    @property
    def kinds(self) -> tuple[KeyKind, KeyKind]:
        """Which keys such a card has, for authentication and signature."""
        return self.authentication.kind, self.signature.kind


FINLAND_3: Final = ThalesProfile(
    bytes.fromhex("3B7F9600008031B865B08504021B1200F6829000"),
    KeyUse(KeyKind.RSA_2048, 0x01, 0x11, 4, 0x45, _RSA_PSS, bytes.fromhex("4331")),
    KeyUse(KeyKind.P256, 0x03, 0x82, 6, 0x44, _ON_P256, bytes.fromhex("50164335")),
    most_tries=5,
)
FINLAND_4: Final = ThalesProfile(
    bytes.fromhex("3B7F9600008031B865B085050011122460829000"),
    KeyUse(KeyKind.P384, 0x01, 0x11, 4, 0x54, _ON_P384, bytes.fromhex("4331")),
    KeyUse(KeyKind.P384, 0x02, 0x82, 6, 0x54, _ON_P384, bytes.fromhex("50164332")),
    most_tries=5,
)
ESTONIA_2025: Final = ThalesProfile(
    bytes.fromhex("3BFF9600008031FE438031B85365494464B085051012233F1D"),
    KeyUse(KeyKind.P384, 0x01, 0x81, 4, 0x54, _ON_P384, bytes.fromhex("ADF13411")),
    KeyUse(KeyKind.P384, 0x05, 0x82, 5, 0x54, _ON_P384, bytes.fromhex("ADF23421")),
    most_tries=3,
    puk=0x83,
)


class ThalesChip:
    """One card: its ATR, its memory and its answers. Not for use from two threads at once."""

    def __init__(
        self,
        keys: NationalCardKeys,
        profile: ThalesProfile,
        *,
        pins: tuple[bytes, bytes] | None = (b"1234", b"123456"),
        records: Sequence[bytes] = (),
        delivery: Delivery = Delivery.DIRECT,
    ) -> None:
        """Personalise a card with keys of the profile's ``kinds``.

        ``pins`` are PIN 1 and PIN 2, None where the holder has not set them yet; ``records`` the personal data file
        from its first record on, if there is one.
        """
        self.atr: Final = profile.atr
        authentication, signature = profile.authentication, profile.signature
        self._line: Final = AnswerLine(delivery)
        self._single: Final = signature  # what its PIN opens is one signature
        self._keys: Final = {authentication: keys.authentication, signature: keys.signature}
        self._pins: Final = {
            use: Pin(value, use.shortest_pin, padding=b"\x00", maximum_tries=profile.most_tries)
            for use, value in zip((authentication, signature), pins or (TRANSPORT_PIN, TRANSPORT_PIN), strict=True)
        }
        certificates = {use.certificate: key.certificate for use, key in self._keys.items()}
        self._selection: Final = Selection(_files(certificates, records))
        self._puk_reference: Final = profile.puk
        self._puk: Final = Pin(PUK, 8, padding=b"\x00", maximum_tries=profile.most_tries)
        self._activated: Final = set(self._pins) if pins else set[KeyUse]()
        self._replacing: Final = {} if profile.puk is None else {0x24: self._change, 0x2C: self._unblock}
        self._environment: KeyUse | None = None
        self._digest = b""

    def reset(self) -> None:
        """Do what power-off does: selection, opened PINs, environment and hash are gone; counters stay."""
        self._selection.reset()
        self._environment, self._digest = None, b""
        self._line.clear()
        for pin in (*self._pins.values(), self._puk):
            pin.is_verified = False

    def tries_left(self) -> tuple[int, ...]:
        """Return both counters as the card's memory holds them."""
        return tuple(pin.tries_left for pin in self._pins.values())

    def puk_tries_left(self) -> int:
        """Return the PUK's counter as the card's memory holds it."""
        return self._puk.tries_left

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        return self._line.answer(command, self._execute)

    def _execute(self, command: Command) -> Answer:
        does = {
            0xB0: self._selection.read,
            0x20: self._verify,
            0x22: self._set_environment,
            0x2A: self._operate,
            **self._replacing,
            0xA4: self._selection.select,
            0xCB: self._read_counter,
        }.get(command.ins)
        return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED) if does is None else does(command)

    def _verify(self, command: Command) -> Answer:
        use = next((each for each in self._pins if each.pin == command.p2), None)
        if use is None or command.p1:
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        if len(command.data) != BLOCK_BYTES:
            return Answer(StatusWord.WRONG_LENGTH)
        return _checked(self._pins[use], command.data)

    def _change(self, command: Command) -> Answer:
        """CHANGE REFERENCE DATA: the present value, then the new one; the first change activates the PIN."""
        return self._replace(command, None)

    def _unblock(self, command: Command) -> Answer:
        """RESET RETRY COUNTER: the PUK, then the new value."""
        return self._replace(command, self._puk)

    def _replace(self, command: Command, puk: Pin | None) -> Answer:
        use = next((each for each in self._pins if each.pin == command.p2), None)
        if use is None or command.p1:
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        if len(command.data) != 2 * BLOCK_BYTES:
            return Answer(StatusWord.WRONG_LENGTH)
        code, new = command.data[:BLOCK_BYTES], command.data[BLOCK_BYTES:]
        pin = self._pins[use]
        refused = _checked(puk or pin, code)
        if refused.status != StatusWord.OK:
            return refused
        if not pin.accepts(new):
            return Answer(StatusWord.WRONG_DATA)
        if puk is None and pin.holds(new):
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        pin.replace(new)
        self._activated.add(use)
        return Answer()

    def _read_counter(self, command: Command) -> Answer:
        counted_ones = [(use.pin, pin, use in self._activated) for use, pin in self._pins.items()]
        if self._puk_reference is not None:
            counted_ones.append((self._puk_reference, self._puk, True))
        for reference, pin, was_set in counted_ones:
            if command.parameters == (0x00, 0xFF) and command.data == bytes((0xA0, 0x03, 0x83, 0x01, reference)):
                set_once = encode(0xDF2F, bytes((was_set,)))
                counted = encode(0xDF21, bytes((pin.tries_left, 0xFF, 0xA5, 0x03)))
                return Answer(data=encode(0xA0, encode(0x83, bytes((reference,))) + counted + set_once))
        return Answer(StatusWord.REFERENCE_NOT_FOUND)

    def _set_environment(self, command: Command) -> Answer:
        self._environment, self._digest = None, b""
        for use in self._keys:
            if command.data == bytes((0x80, 0x01, use.number, 0x84, 0x01, use.key)):
                if command.parameters != (0x41, 0xB6):
                    return Answer(StatusWord.REFERENCE_NOT_FOUND)
                self._environment = use
                return Answer()
        return Answer(StatusWord.WRONG_DATA)

    def _operate(self, command: Command) -> Answer:
        use = self._environment
        if use is None:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        if command.parameters == _TAKES_HASH:
            size = use.algorithm.digest.size_bytes
            if command.data[:2] != bytes((0x90, size)) or len(command.data) != size + 2:
                return Answer(StatusWord.WRONG_DATA)
            self._digest = command.data[2:]
            return Answer()
        if command.parameters != _SIGNS or not self._digest:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        return self._sign(use)

    def _sign(self, use: KeyUse) -> Answer:
        if not self._pins[use].is_verified or use not in self._activated:
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        digest, self._digest = self._digest, b""
        if use is self._single:
            self._pins[use].is_verified = False
        signature = self._keys[use].sign(use.algorithm, digest)
        return Answer(StatusWord.WRONG_DATA) if signature is None else Answer(data=signature)


def _checked(pin: Pin, block: bytes) -> Answer:
    if pin.tries_left == 0:
        return Answer(StatusWord.AUTHENTICATION_METHOD_BLOCKED)
    return Answer() if pin.verify(block) else Answer(0x63C0 | pin.tries_left)


def _files(certificates: dict[bytes, bytes], records: Sequence[bytes]) -> Folder:
    """Return the master file with certificates at their paths; those files end in some bytes that nobody wrote."""
    places: dict[bytes, list[ElementaryFile]] = {}
    for path, certificate in certificates.items():
        places.setdefault(path[:-2], []).append(ElementaryFile(path[-2:], certificate + bytes(7), _LENGTH_TAG))
    places[_PERSONAL_DATA] = [
        ElementaryFile(bytes((0x50, number)), record, _LENGTH_TAG) for number, record in enumerate(records, start=1)
    ]
    outer = places.pop(b"", [])
    folders = [Folder(path, children=tuple(files)) for path, files in places.items()]
    return Folder(MASTER_FILE, _APPLICATION, (*outer, *folders))
