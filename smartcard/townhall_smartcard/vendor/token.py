# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tokens that a vendor's module shows in one reader; the only file that imports python-pkcs11.

Runs in the module's own process. A card may be several tokens (one a PIN). On each lie certificates, keys that belong
to them by ``CKA_ID``, and flags that tell of its PIN. Clauses are those of PKCS#11 v2.40.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pkcs11
from pkcs11 import Attribute, CertificateType, Mechanism, ObjectClass, TokenFlag
from pkcs11.mechanisms import MGF
from pkcs11.types import PROTECTED_AUTH

from townhall_crypto.card_signature import Digest, Scheme
from townhall_smartcard.messages import PinTries
from townhall_smartcard.national.digest_info import digest_info
from townhall_smartcard.national.transaction import refusal_by_counter
from townhall_smartcard.pins import LENGTH, NOT_ACTIVATED, PinRefusal, PinRefusalReason, wiped
from townhall_smartcard.vendor.messages import (
    DESCRIPTION_BYTES,
    KeysShown,
    Made,
    ModuleAnswer,
    ModuleFailed,
    ModuleFailure,
    PinUseless,
    ShownCertificate,
    UseKey,
)

if TYPE_CHECKING:
    from pkcs11 import Session, Slot, Token

_MOST_OBJECTS: Final = 64
_LONGEST_CERTIFICATE: Final = 32 * 1024
_LONGEST_PIN: Final = 64
_USUAL_TRIES: Final = 3  # no token tells how many there were
_MECHANISMS: Final = {
    Scheme.RSA_PKCS1: Mechanism.RSA_PKCS,
    Scheme.RSA_PSS: Mechanism.RSA_PKCS_PSS,
    Scheme.ECDSA: Mechanism.ECDSA,
}
_PSS: Final = {
    Digest.SHA256: (Mechanism.SHA256, MGF.SHA256, Digest.SHA256.size_bytes),
    Digest.SHA384: (Mechanism.SHA384, MGF.SHA384, Digest.SHA384.size_bytes),
    Digest.SHA512: (Mechanism.SHA512, MGF.SHA512, Digest.SHA512.size_bytes),
}
_GONE: Final = (
    pkcs11.TokenNotPresent,
    pkcs11.DeviceRemoved,
    pkcs11.SessionHandleInvalid,
    pkcs11.SessionClosed,
)
_PIN_REASONS: Final[dict[type[pkcs11.PKCS11Error], PinRefusalReason]] = {
    pkcs11.PinIncorrect: PinRefusalReason.WRONG,
    pkcs11.PinLocked: PinRefusalReason.BLOCKED,
    pkcs11.PinLenRange: PinRefusalReason.LENGTH,
    pkcs11.PinInvalid: PinRefusalReason.LENGTH,
    pkcs11.PinExpired: PinRefusalReason.NOT_ACTIVATED,
    pkcs11.UserPinNotInitialized: PinRefusalReason.NOT_ACTIVATED,
}


class PinOnLoan:
    """Hands the very buffer of a PIN to the library, which takes whatever encodes itself: no copy is left behind."""

    def __init__(self, pin: bytearray) -> None:
        self._pin: Final = pin

    def encode(self, _encoding: str) -> bytearray:
        """Return the PIN itself; it is UTF-8 already."""
        return self._pin


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a certificate lies: in which slot, on which token, and by what its key is found."""

    slot: "Slot"
    serial: bytes
    label: str
    identifier: bytes


class ReaderTokens:
    """What one module shows in one reader. The module is loaded once, with the first question."""

    def __init__(self, path: str) -> None:
        """Take the path of the module; nothing is loaded yet."""
        self._path: Final = path
        self._places: list[_Place] = []
        self._sessions: list[Session] = []  # kept: an open one tells that its card was not exchanged

    def show(self, reader: str) -> ModuleAnswer:
        """Load the module, and read what every token in the reader of this name holds without a PIN."""
        try:
            module = pkcs11.lib(self._path)
        except pkcs11.PKCS11Error as exc:
            return ModuleFailed(ModuleFailure.UNLOADABLE, type(exc).__name__)
        found: list[ShownCertificate] = []
        try:
            for token in _tokens_in(module.get_slots(token_present=True), reader):
                with contextlib.suppress(pkcs11.TokenNotRecognised):  # nothing was ever written on it
                    found += self._on(token)
        except pkcs11.PKCS11Error as exc:
            return _failed(exc)
        return KeysShown(tuple(found)) if found else ModuleFailed(ModuleFailure.NO_TOKEN)

    def use(self, asked: UseKey) -> ModuleAnswer:
        """Sign with one key after its PIN, which is wiped. The PIN goes out once, and again only if it was right.

        A key that wants its PIN before each signature (``CKA_ALWAYS_AUTHENTICATE``, §4.9) gets it a second time: the
        module has accepted it a moment before.
        """
        with wiped(asked.pin):
            if not 0 <= asked.number < len(self._places):
                return ModuleFailed(ModuleFailure.REFUSED, "NoSuchKey")
            place = self._places[asked.number]
            try:
                return self._use(place, asked)
            except pkcs11.PKCS11Error as exc:
                reason = _PIN_REASONS.get(type(exc))
                return _failed(exc) if reason is None else _after_refusal(place, reason)

    def _on(self, token: "Token") -> Iterator[ShownCertificate]:
        session = token.open()
        self._sessions.append(session)
        keyed = {
            identifier
            for kind in (ObjectClass.PUBLIC_KEY, ObjectClass.PRIVATE_KEY)
            for identifier, _ in _objects(session, {Attribute.CLASS: kind})
        }
        needs_login = TokenFlag.LOGIN_REQUIRED in token.flags
        tries = tries_of(token.flags) if needs_login else None
        mechanisms = token.slot.get_mechanisms()
        schemes = frozenset(scheme for scheme, each in _MECHANISMS.items() if each in mechanisms)
        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: CertificateType.X_509}
        for identifier, each in _objects(session, wanted):
            certificate = bytes(each[Attribute.VALUE])
            if 0 < len(certificate) <= _LONGEST_CERTIFICATE:
                self._places.append(_Place(token.slot, token.serial, token.label, identifier))
                yield ShownCertificate(
                    certificate=certificate,
                    has_key=identifier in keyed,
                    tries=tries,
                    schemes=schemes,
                    has_pin_pad=TokenFlag.PROTECTED_AUTHENTICATION_PATH in token.flags,
                    untrusted_number=token.serial.decode("ascii", errors="replace"),
                )

    def _use(self, place: _Place, asked: UseKey) -> ModuleAnswer:
        token = place.slot.get_token()
        if (token.serial, token.label) != (place.serial, place.label):
            return ModuleFailed(ModuleFailure.GONE)
        with_pad = TokenFlag.PROTECTED_AUTHENTICATION_PATH in token.flags
        if TokenFlag.LOGIN_REQUIRED not in token.flags:
            session = token.open()
        elif refusal := _refusal_before(token.flags, asked, with_pad=with_pad):
            return PinUseless(refusal.reason, refusal.tries_left)
        else:
            session = token.open(user_pin=PROTECTED_AUTH if with_pad else PinOnLoan(asked.pin))
        try:
            return _sign(session, place.identifier, asked, with_pad=with_pad)
        finally:
            with contextlib.suppress(pkcs11.PKCS11Error):
                session.close()  # logs out: what comes next presents its own PIN


def _tokens_in(slots: "list[Slot]", reader: str) -> "Iterator[Token]":
    """Take the slots whose description is the reader's name, as far as a description reaches; never any other."""
    wanted = reader.encode()[:DESCRIPTION_BYTES].decode(errors="replace").rstrip()
    for slot in slots:
        if slot.slot_description.rstrip() == wanted:
            with contextlib.suppress(pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised):
                yield slot.get_token()


def _objects(session: "Session", wanted: "Mapping[Attribute, object]") -> "list[tuple[bytes, pkcs11.Object]]":
    """Return the objects of a kind with their identifiers; those without one belong to nothing."""
    found = []
    for each, _ in zip(session.get_objects(dict(wanted)), range(_MOST_OBJECTS), strict=False):
        with contextlib.suppress(pkcs11.AttributeTypeInvalid, pkcs11.AttributeSensitive):
            if identifier := bytes(each[Attribute.ID]):
                found.append((identifier, each))
    return found


def tries_of(flags: TokenFlag) -> PinTries:
    """Return what a token's flags (§3.2) tell of its PIN: no number but none and one.

    A token whose PIN was never set, or still is the one of its making, is not activated.
    """
    is_set = TokenFlag.USER_PIN_INITIALIZED in flags and TokenFlag.USER_PIN_TO_BE_CHANGED not in flags
    if TokenFlag.USER_PIN_LOCKED in flags:
        return PinTries(0, _USUAL_TRIES, is_activated=is_set)
    if TokenFlag.USER_PIN_FINAL_TRY in flags:
        return PinTries(1, _USUAL_TRIES, is_activated=is_set)
    left = _USUAL_TRIES - 1 if TokenFlag.USER_PIN_COUNT_LOW in flags else _USUAL_TRIES
    return PinTries(left, _USUAL_TRIES, is_activated=is_set, is_counted=False)


def _refusal_before(flags: TokenFlag, asked: UseKey, *, with_pad: bool) -> PinRefusal | None:
    """Return why nothing is sent. Vendors allow letters, so only the length of a PIN is looked at."""
    if not with_pad and not 0 < len(asked.pin) <= _LONGEST_PIN:
        return LENGTH
    tries = tries_of(flags)
    if not tries.is_activated:
        return NOT_ACTIVATED
    return refusal_by_counter(tries, last_try_confirmed=asked.last_try_confirmed)


def _sign(session: "Session", identifier: bytes, asked: UseKey, *, with_pad: bool) -> ModuleAnswer:
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: identifier}
    keys = [each for _, each in _objects(session, wanted) if isinstance(each, pkcs11.PrivateKey)]
    signing = [each for each in keys if isinstance(each, pkcs11.SignMixin)]
    if not signing:
        return ModuleFailed(ModuleFailure.REFUSED, "NoSuchKey")
    wants_pin = _wants_pin_each_time(signing[0])
    if wants_pin and with_pad:
        return ModuleFailed(ModuleFailure.REFUSED, "PinPadEachTime")  # the library cannot ask a reader in the middle
    made = signing[0].sign(
        digest_info(asked.hashed_by, asked.digest) if asked.scheme is Scheme.RSA_PKCS1 else asked.digest,
        mechanism=_MECHANISMS[asked.scheme],
        mechanism_param=_PSS[asked.hashed_by] if asked.scheme is Scheme.RSA_PSS else None,
        pin=PinOnLoan(asked.pin) if wants_pin else None,
    )
    return Made(made)


def _wants_pin_each_time(key: pkcs11.PrivateKey) -> bool:
    try:
        return bool(key[Attribute.ALWAYS_AUTHENTICATE])
    except pkcs11.PKCS11Error:
        return False  # older modules do not know the attribute


def _after_refusal(place: _Place, reason: PinRefusalReason) -> ModuleAnswer:
    """Tell of a PIN that was sent and refused; after a wrong one the token says whether any tries are left."""
    if reason is not PinRefusalReason.WRONG:
        return PinUseless(reason)
    try:
        left = min(tries_of(place.slot.get_token().flags).left, _USUAL_TRIES - 1)  # not every token flags the first
    except pkcs11.PKCS11Error as exc:
        return _failed(exc)
    return PinUseless(PinRefusalReason.WRONG, left) if left else PinUseless(PinRefusalReason.BLOCKED)


def _failed(error: pkcs11.PKCS11Error) -> ModuleFailed:
    if isinstance(error, _GONE):
        return ModuleFailed(ModuleFailure.GONE)
    return ModuleFailed(ModuleFailure.REFUSED, type(error).__name__)
