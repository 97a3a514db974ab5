# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Any card with a PKCS#15 application (ISO/IEC 7816-15), MyEID and IsoApplet among them: its directories tell all.

Such cards have ATRs of every maker. Which key authenticates and which signs is told by usages: ADR 0045.
"""

from collections.abc import Mapping
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm, Scheme, is_card_signature
from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError, UnexpectedStatusError
from townhall_smartcard.messages import CardStatement, PinRole, PinTries
from townhall_smartcard.national import pkcs15_objects as objects
from townhall_smartcard.national.contract import NationalContents
from townhall_smartcard.national.digest_info import digest_info
from townhall_smartcard.national.pkcs15_der import Place
from townhall_smartcard.national.pkcs15_files import Pkcs15Files
from townhall_smartcard.national.pkcs15_keys import CertifiedKey, certified_key, plain_signature, role_of
from townhall_smartcard.national.pkcs15_objects import Directory, Held, KeyEntry, KeyUse, PinEntry, PinFlag
from townhall_smartcard.national.pkcs15_pins import UNTOLD, USUAL_TRIES, pin_facts
from townhall_smartcard.national.transaction import CardTransaction, PinUse, require_digest
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pins import Pin, PinRefusal, wiped
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord, tries_left
from townhall_smartcard.tlv import encode

_TOKEN: Final = Place(bytes.fromhex("5032"))
_UNKNOWN_PIN: Final = frozenset({StatusWord.REFERENCE_NOT_FOUND, StatusWord.WRONG_PARAMETERS})
_NOT_TOLD: Final = _UNKNOWN_PIN | {
    StatusWord.WRONG_LENGTH,
    StatusWord.WRONG_DATA,
    StatusWord.FUNCTION_NOT_SUPPORTED,
    StatusWord.VERIFICATION_FAILED,
    StatusWord.SECURITY_STATUS_NOT_SATISFIED,
    StatusWord.CONDITIONS_NOT_SATISFIED,
}
_LOCAL: Final = 0x80
_SIGNING: Final = frozenset({KeyUse.SIGN, KeyUse.SIGN_RECOVER, KeyUse.NON_REPUDIATION})
_MOST_KEYS: Final = 8
_MECHANISMS: Final = {Scheme.RSA_PKCS1: 0x0001, Scheme.ECDSA: 0x1041}  # PKCS#11: CKM_RSA_PKCS, CKM_ECDSA
_ISO_APPLET_ALGORITHMS: Final = {Scheme.RSA_PKCS1: 0x11, Scheme.ECDSA: 0x21}
_USUAL_ALGORITHMS: Final = {Scheme.RSA_PKCS1: 0x02, Scheme.ECDSA: 0x04}
_SIGN: Final = CommandApdu(0x00, Ins.PERFORM_SECURITY_OPERATION, 0x9E, 0x9A, le=MAX_SHORT_LE)


class Pkcs15Card:
    """One card in one transaction; see ``NationalCard``. Many such cards have one key alone."""

    def __init__(self, card: ApduProcessor) -> None:
        self._card: Final = CardTransaction(card)
        self._files: Final = Pkcs15Files(self._card)
        self._directories: Mapping[Directory, tuple[Held, ...]] | None = None
        self._keys: Mapping[PinRole, CertifiedKey] | None = None
        self._token = objects.Token()
        self._pins: tuple[PinEntry, ...] = ()

    def read(self) -> NationalContents:
        """Read the certificates that signing keys have, the counters of their PINs, and the card's number."""
        keys = self._begun()
        return NationalContents(
            stated=CardStatement(document_number=self._token.serial_number.hex().upper()),
            certificates={role: key.certificate for role, key in keys.items()},
            algorithms={role: key.algorithm for role, key in keys.items()},
            tries={role: self._tries(pin) for role, key in keys.items() if (pin := self._pin_of(key))},
        )

    def read_certificate(self, role: PinRole) -> bytes:
        """Return one certificate; the card's directories are read once."""
        return self._key(role).certificate

    def read_tries(self, role: PinRole) -> PinTries:
        """Ask for the counter of a key's PIN; no try is used."""
        return self._tries(self._required_pin(self._key(role)))

    def pin_facts(self, role: PinRole) -> PinFacts:
        """Return how the directories say that the key's PIN is presented; its reference may want bit 8 besides."""
        asked = self._required_pin(self._key(role))
        return pin_facts(asked)

    def algorithm(self, role: PinRole) -> CardAlgorithm:
        """Return what the key does, as its certificate says."""
        return self._key(role).algorithm

    def authenticate(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the first key that is for signatures and not for those of a person's will."""
        return self._signature(PinRole.AUTHENTICATION, pin, digest, last_try_confirmed=last_try_confirmed)

    def sign(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the first key for non-repudiation; nothing comes between its PIN and it."""
        return self._signature(PinRole.SIGNATURE, pin, digest, last_try_confirmed=last_try_confirmed)

    def has_certified_keys(self) -> bool:
        """Tell whether the directories name a key for signatures that a certificate belongs to."""
        directories = self._opened()
        named = {
            each.identifier
            for part in self._parts(directories, Directory.CERTIFICATES)
            for each in objects.certificates(part)
        }
        return any(each.identifier in named for each in self._signing_keys(directories))

    def _signature(self, role: PinRole, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        with wiped(pin):
            key = self._key(role)
            require_digest(key.algorithm, digest)
            asked = self._required_pin(key)
            _, reference = self._counted(asked)
            use = PinUse(pin_facts(asked, reference), lambda: self._tries(asked), lambda: self._prepare(key, asked))
            if refusal := use.present(self._card, pin, last_try_confirmed=last_try_confirmed):
                return refusal
        is_curve = key.algorithm.scheme is Scheme.ECDSA
        data = digest if is_curve else digest_info(key.algorithm.digest, digest)
        made = self._card.expect("PSO CDS", _SIGN.with_data(data))
        signature = plain_signature(made, key.bytes_wide) if is_curve else made
        if not is_card_signature(key.certificate, key.algorithm, digest, signature):
            raise CardUnreadableError("a signature that the card's certificate does not verify")
        return signature

    def _prepare(self, key: CertifiedKey, pin: PinEntry) -> None:
        """Name algorithm and key. A card that knows no key files is told again without the file."""
        if pin.path == objects.MASTER_FILE:
            self._files.select_folder(b"")
        algorithm = encode(0x80, bytes((self._algorithm_reference(key),)))
        named = encode(0x84, bytes((key.entry.reference or 0,)))
        file = encode(0x81, key.entry.path[-2:]) if self._files.is_below(key.entry.path) else b""
        # MyEID's published client names the one key of a file by 00, whatever the directory says.
        in_file = file + encode(0x84, b"\0") if file else named
        command = CommandApdu(0x00, Ins.MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xB6, algorithm + in_file)
        answer = self._card.ask(command)
        if file and answer.status in _UNKNOWN_PIN | {StatusWord.WRONG_DATA}:
            answer = self._card.ask(command.with_data(algorithm + named))
        if not answer.is_ok:
            raise UnexpectedStatusError("MSE SET", answer.status)

    def _algorithm_reference(self, key: CertifiedKey) -> int:
        """Return the card's number of an algorithm that pads, and does not hash; the usual one where none is told."""
        scheme = key.algorithm.scheme
        told = (self._token.algorithms.get(number) for number in key.entry.algorithms)
        usual = _ISO_APPLET_ALGORITHMS if self._files.is_iso_applet else _USUAL_ALGORITHMS
        found = next((each[1] for each in told if each and each[0] == _MECHANISMS[scheme]), usual[scheme])
        return found & 0xFF

    def _key(self, role: PinRole) -> CertifiedKey:
        found = self._begun().get(role)
        if found is None:
            raise CardUnsupportedError
        return found

    def _begun(self) -> Mapping[PinRole, CertifiedKey]:
        """Select the application; the first time its directories are read."""
        if self._keys is not None:
            self._files.begin()
            return self._keys
        directories = self._opened()
        self._token = self._read_token()
        self._pins = tuple(each for part in self._parts(directories, Directory.PINS) for each in objects.pins(part))
        self._keys = self._certified(directories)
        return self._keys

    def _opened(self) -> Mapping[Directory, tuple[Held, ...]]:
        if self._directories is None:
            self._directories = objects.object_directory(self._files.open())
        return self._directories

    def _read_token(self) -> objects.Token:
        try:
            return objects.token(self._files.read(_TOKEN))
        except UnexpectedStatusError as exc:
            if exc.status != StatusWord.FILE_NOT_FOUND:
                raise
            return objects.Token()

    def _parts(self, directories: Mapping[Directory, tuple[Held, ...]], kind: Directory) -> list[bytes]:
        return [self._content(held) for held in directories.get(kind, ())]

    def _content(self, held: Held) -> bytes:
        return held if isinstance(held, bytes) else self._files.read(held)

    def _signing_keys(self, directories: Mapping[Directory, tuple[Held, ...]]) -> list[KeyEntry]:
        found = [
            each for part in self._parts(directories, Directory.PRIVATE_KEYS) for each in objects.private_keys(part)
        ]
        return [each for each in found if each.uses & _SIGNING][:_MOST_KEYS]

    def _certified(self, directories: Mapping[Directory, tuple[Held, ...]]) -> Mapping[PinRole, CertifiedKey]:
        """Return the first key of each role that has a certificate."""
        named: dict[bytes, Held] = {}
        for part in self._parts(directories, Directory.CERTIFICATES):
            for each in objects.certificates(part):
                named.setdefault(each.identifier, each.held)
        found: dict[PinRole, CertifiedKey] = {}
        for entry in self._signing_keys(directories):
            if entry.identifier in named:
                key = certified_key(entry, self._content(named[entry.identifier]))
                found.setdefault(role_of(key), key)
        return found

    def _pin_of(self, key: CertifiedKey) -> PinEntry | None:
        """Return the PIN that a key names; of a card with one PIN for its holder, that one."""
        if key.entry.pin:
            return next((each for each in self._pins if each.identifier == key.entry.pin), None)
        others = {PinFlag.UNBLOCKING, PinFlag.SECURITY_OFFICER}
        holders = [each for each in self._pins if not each.flags & others]
        return holders[0] if len(holders) == 1 else None

    def _required_pin(self, key: CertifiedKey) -> PinEntry:
        found = self._pin_of(key)
        if found is None:
            raise CardUnsupportedError
        pin_facts(found)  # of a kind that no keypad enters, the card is asked nothing
        return found

    def _tries(self, pin: PinEntry) -> PinTries:
        return self._counted(pin)[0]

    def _counted(self, pin: PinEntry) -> tuple[PinTries, int]:
        """Ask by a VERIFY without a PIN (ISO/IEC 7816-4 §11.5.6), and return what P2 the card knows the PIN by.

        The reference goes as the directory has it: most cards with local PINs write bit 8 there or want none. Only
        where the card knows no such PIN, and the directory calls it local, is bit 8 set.
        """
        self._files.select_folder(pin.path)
        reference = pin.reference
        status = self._standing(reference)
        if status in _UNKNOWN_PIN and PinFlag.LOCAL in pin.flags and not reference & _LOCAL:
            reference |= _LOCAL
            status = self._standing(reference)
        if status == StatusWord.OK:
            return PinTries(USUAL_TRIES, USUAL_TRIES), reference
        left = 0 if status == StatusWord.AUTHENTICATION_METHOD_BLOCKED else tries_left(status)
        if left is not None:
            return PinTries(left, max(left, USUAL_TRIES)), reference
        if status in _NOT_TOLD:
            return UNTOLD, pin.reference
        raise UnexpectedStatusError("VERIFY without a PIN", status)

    def _standing(self, reference: int) -> int:
        return self._card.ask(CommandApdu(0x00, Ins.VERIFY, 0x00, reference)).status


def holds_certified_keys(card: ApduProcessor) -> bool:
    """Tell whether a card of unknown ATR is one: its PKCS#15 directories name a key with a certificate."""
    try:
        return Pkcs15Card(card).has_certified_keys()
    except (CardUnreadableError, CardUnsupportedError):
        return False
