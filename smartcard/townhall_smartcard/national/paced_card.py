# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards behind PACE that have PKCS#15 directories and two keys on P-384: what the states' cards of that kind share.

Once the access number has opened the card, its directories say where keys and certificates are; how a PIN is presented
and a key is named is each state's own, in one small file (ADR 0049).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError, PinPadError
from townhall_smartcard.messages import CardStatement, PinRole, PinTries
from townhall_smartcard.national import pkcs15_objects as objects
from townhall_smartcard.national.contract import NationalContents
from townhall_smartcard.national.pkcs15_files import Pkcs15Files
from townhall_smartcard.national.pkcs15_keys import certified_key, plain_signature
from townhall_smartcard.national.pkcs15_objects import Directory, Held, KeyEntry, PinEntry
from townhall_smartcard.national.pkcs15_pins import pin_facts
from townhall_smartcard.national.transaction import CardTransaction, checked_signature, require_digest
from townhall_smartcard.opening import PaceChannel
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pins import Pin, PinRefusal, wiped

ALGORITHM: Final = CardAlgorithm(Scheme.ECDSA, Digest.SHA384)
"""What all keys of these cards do."""
_COORDINATE_BYTES: Final = 48
_SIGN: Final = CommandApdu(0x00, Ins.PERFORM_SECURITY_OPERATION, 0x9E, 0x9A, le=MAX_SHORT_LE)


@dataclass(frozen=True, slots=True)
class HolderKey:
    """A key that its holder alone can use, with the PIN for it; ``place`` among the keys of its directory, from 1."""

    entry: KeyEntry
    pin: PinEntry
    place: int


@dataclass(frozen=True, slots=True)
class OpenedCard:
    """What a state's habits are built upon."""

    channel: PaceChannel
    card: CardTransaction
    files: Pkcs15Files


ReadsPins: TypeAlias = Callable[[], Mapping[bytes, PinEntry]]
"""Reads an application's PINs, by their identifiers."""


class PacedHabits(Protocol):
    """What cards of one state do in their own way. The application that has the keys is selected before each call."""

    def keys(self, entries: Sequence[KeyEntry], pins: ReadsPins) -> Mapping[PinRole, HolderKey]:
        """Return which of an application's keys is for what; nothing for an application that has no key of a holder."""
        ...

    def tries(self, pin: PinEntry) -> PinTries:
        """Read a counter, where the card tells it without a try."""
        ...

    def present(self, pin: PinEntry, code: bytearray, *, last_try_confirmed: bool) -> PinRefusal | None:
        """Present a PIN once if that may help, as ``PinUse.present``; whoever calls wipes it."""
        ...

    def name_key(self, key: HolderKey) -> None:
        """Tell the card which key the next command is for."""
        ...


class PacedCard:
    """One opened card in one transaction; see ``NationalCard``."""

    def __init__(
        self,
        channel: PaceChannel,
        files: Callable[[CardTransaction, int], Pkcs15Files],
        habits: Callable[[OpenedCard], PacedHabits],
    ) -> None:
        """Take the way to the card, how its files are found and read in blocks of so many bytes, and its habits."""
        self._card: Final = CardTransaction(channel)
        self._files: Final = files(self._card, channel.block)
        self._habits: Final = habits(OpenedCard(channel, self._card, self._files))
        self._directories: Mapping[Directory, tuple[Held, ...]] = {}
        self._keys: Mapping[PinRole, HolderKey] = {}

    def read(self) -> NationalContents:
        """Read both certificates and both counters. What is printed on the card is in certificates alone."""
        self._begin()
        return NationalContents(
            stated=CardStatement(),
            certificates=self._certificates(self._keys),
            algorithms=dict.fromkeys(self._keys, ALGORITHM),
            tries={role: self._habits.tries(key.pin) for role, key in self._keys.items()},
        )

    def read_certificate(self, role: PinRole) -> bytes:
        """Read one certificate."""
        return self._certificates({role: self._key(role)})[role]

    def read_tries(self, role: PinRole) -> PinTries:
        """Read one counter, where the card tells; no try is used."""
        return self._habits.tries(self._key(role).pin)

    def pin_facts(self, role: PinRole) -> PinFacts:
        """Return how the PIN of a key is presented, as the card's directory says."""
        return pin_facts(self._key(role).pin)

    def algorithm(self, role: PinRole) -> CardAlgorithm:
        """Return what all these cards have; the card is not asked."""
        if role is PinRole.UNBLOCKING:
            raise CardUnsupportedError
        return ALGORITHM

    def authenticate(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the authentication key after its PIN."""
        return self._signature(PinRole.AUTHENTICATION, pin, digest, last_try_confirmed=last_try_confirmed)

    def sign(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the signature key after its PIN."""
        return self._signature(PinRole.SIGNATURE, pin, digest, last_try_confirmed=last_try_confirmed)

    def _signature(self, role: PinRole, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        if not isinstance(pin, bytearray):
            raise PinPadError("a PIN goes to this card enciphered")
        with wiped(pin):
            require_digest(ALGORITHM, digest)
            key = self._key(role)
            if refusal := self._habits.present(key.pin, pin, last_try_confirmed=last_try_confirmed):
                return refusal
        self._habits.name_key(key)
        made = self._card.expect("PSO CDS", _SIGN.with_data(digest))
        return checked_signature(plain_signature(made, _COORDINATE_BYTES), 2 * _COORDINATE_BYTES)

    def _key(self, role: PinRole) -> HolderKey:
        if role is PinRole.UNBLOCKING:
            raise CardUnsupportedError
        self._begin()
        return self._keys[role]

    def _begin(self) -> None:
        """Go into the application that has the holder's keys; its directories are read anew.

        Raises:
            CardUnsupportedError: the card has no such application, or not both keys.
        """
        for content in self._files.listed():
            self._directories = objects.object_directory(content)
            entries = [key for part in self._parts(Directory.PRIVATE_KEYS) for key in objects.private_keys(part)]
            self._keys = self._habits.keys(entries, self._pins)
            if self._keys:
                break
        if self._keys.keys() != {PinRole.AUTHENTICATION, PinRole.SIGNATURE}:
            raise CardUnsupportedError

    def _pins(self) -> Mapping[bytes, PinEntry]:
        return {pin.identifier: pin for part in self._parts(Directory.PINS) for pin in objects.pins(part)}

    def _certificates(self, keys: Mapping[PinRole, HolderKey]) -> dict[PinRole, bytes]:
        named: dict[bytes, Held] = {}
        for part in self._parts(Directory.CERTIFICATES):
            for each in objects.certificates(part):
                named.setdefault(each.identifier, each.held)
        return {role: self._certificate(key, named) for role, key in keys.items()}

    def _certificate(self, key: HolderKey, named: Mapping[bytes, Held]) -> bytes:
        held = named.get(key.entry.identifier)
        if held is None:
            raise CardUnreadableError("a key without a certificate")
        certified = certified_key(key.entry, held if isinstance(held, bytes) else self._files.read(held))
        if certified.algorithm != ALGORITHM:
            raise CardUnsupportedError
        return certified.certificate

    def _parts(self, kind: Directory) -> list[bytes]:
        return [held if isinstance(held, bytes) else self._files.read(held) for held in self._directories.get(kind, ())]
