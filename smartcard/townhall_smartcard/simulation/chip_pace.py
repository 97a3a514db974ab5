# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""PACE as a chip does it (ICAO 9303-11 §4.4), for the simulated cards."""

import hmac
import os
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from townhall_smartcard.apdu import CHAINING_BIT
from townhall_smartcard.emrtd.agreement import E, Group, Randomness
from townhall_smartcard.emrtd.cipher import KeyUse, SessionKeys, pad
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.elliptic import Curve
from townhall_smartcard.emrtd.pace import DYNAMIC_AUTHENTICATION, PasswordReference, token
from townhall_smartcard.emrtd.pace_mapping import integrated, integrated_nonce_bytes, mapped
from townhall_smartcard.emrtd.residues import Residues
from townhall_smartcard.emrtd.security_infos import PaceInfo, PaceMapping
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode, parse_all, value_at

SLOWEST_S: Final = 5.0
_NONCE_BYTES: Final = 16  # one block of AES, two of 3DES
_SLOWER_S: Final = 1.0
_TEMPLATE: Final = (0xC1, 0xA4)
_ALL_ONES: Final = b"\xff"

_Run: TypeAlias = Generator[Answer, Command, None]


@dataclass(frozen=True, slots=True)
class PaceFaults:
    """What a chip does that keeps no promise; each breaks one rule of the protocol."""

    has_wrong_token: bool = False
    echoes_key: bool = False
    has_empty_nonce: bool = False
    leaves_curve: bool = False
    leaves_out_empty_data: bool = False  # no fault: of the three ways to answer integrated mapping, the shortest


@dataclass(frozen=True, slots=True)
class PaceSecrets:
    """A chip's passwords by their references (MRZ as the SHA-1 of its fields), and its private keys by their curves."""

    passwords: Mapping[PasswordReference, bytes] = field(repr=False)
    mapping_keys: Mapping[int, int] = field(repr=False, default_factory=dict)


class ChipPace:
    """One run after the other. After wrong passwords in a row each next run takes longer; nothing is ever blocked."""

    def __init__(
        self,
        offers: tuple[PaceInfo, ...],
        secrets: PaceSecrets,
        *,
        faults: PaceFaults = PaceFaults(),
        randomness: Randomness = os.urandom,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Take what EF.CardAccess offers, and what the chip knows; ``pause`` waits the given seconds."""
        self.offers: Final = offers
        self._secrets: Final = secrets
        self._faults: Final = faults
        self._randomness: Final = randomness
        self._pause: Final = pause
        self._run: _Run | None = None
        self._keys: SessionKeys | None = None
        self.failures = 0
        """Wrong passwords in a row, which outlive a reset."""
        self.own_key = b""
        """The ephemeral public key of the run, by which a terminal names this chip."""

    def reset(self) -> None:
        """Forget a run that was begun."""
        self._run = self._keys = None

    def set_template(self, command: Command) -> Answer:
        """MSE: Set AT begins a run."""
        self.reset()
        if command.parameters != _TEMPLATE:
            return Answer(StatusWord.WRONG_PARAMETERS)
        try:
            objects = {each.tag: each.value for each in parse_all(command.data)}
        except CardUnreadableError:
            return Answer(StatusWord.WRONG_DATA)
        offer = self._offer(objects.get(0x80), objects.get(0x84))
        if offer is None or not offer.is_served:
            return Answer(StatusWord.WRONG_DATA)
        reference = int.from_bytes(objects.get(0x83, b""), "big")
        password = next((each for known, each in self._secrets.passwords.items() if known == reference), None)
        if password is None:
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        self._run = self._begin(offer, password)
        return next(self._run)

    def authenticate(self, command: Command) -> Answer:
        """GENERAL AUTHENTICATE: the next step of the run."""
        if self._run is None or command.parameters != (0x00, 0x00):
            self.reset()
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        try:
            return self._run.send(command)
        except (CardUnreadableError, StopIteration):
            self.reset()
            return Answer(StatusWord.WRONG_DATA)

    @property
    def is_running(self) -> bool:
        """Tell whether GENERAL AUTHENTICATE goes on with a run."""
        return self._run is not None

    def take_keys(self) -> SessionKeys | None:
        """Return the keys that the step just done led to, once."""
        keys, self._keys = self._keys, None
        return keys

    def _offer(self, identifier: bytes | None, parameters: bytes | None) -> PaceInfo | None:
        named = [each for each in self.offers if each.identifier == identifier]
        if parameters is not None:
            named = [each for each in named if each.parameters == int.from_bytes(parameters, "big")]
        return named[0] if len(named) == 1 else None

    def _begin(self, offer: PaceInfo, password: bytes) -> _Run:
        match offer.group:
            case Curve() as curve:
                return self._conversation(offer, curve, password)
            case Residues() as residues:
                return self._conversation(offer, residues, password)
            case None:
                raise CardUnreadableError("no such group")

    def _conversation(self, offer: PaceInfo, group: Group[E], password: bytes) -> _Run:
        cipher, drawn = offer.cipher, self._randomness
        _given((yield Answer()), None)
        if self.failures:
            self._pause(min(self.failures * _SLOWER_S, SLOWEST_S))
        nonce = self._nonce(integrated_nonce_bytes(cipher) if offer.mapping.is_integrated else _NONCE_BYTES)
        key = cipher.derive(password, KeyUse.PASSWORD)
        step = yield _answer(0x80, cipher.encrypt(key, bytes(cipher.block_bytes), nonce))
        mapping_secret = group.random_scalar(drawn)
        if offer.mapping.is_integrated:
            generator = integrated(group, cipher, nonce, _given(step, 0x81))
            step = yield Answer() if self._faults.leaves_out_empty_data else _answer(0x82, b"")
        else:
            theirs = group.decode(_given(step, 0x81))
            step = yield _answer(0x82, self._bent(group.encode(group.multiple_of_generator(mapping_secret))))
            generator = mapped(group, nonce, group.multiply(mapping_secret, theirs))
        secret = group.random_scalar(drawn)
        sent = _given(step, 0x83)
        own = sent if self._faults.echoes_key else group.encode(group.multiply(secret, generator))
        keys = SessionKeys.derive(cipher, group.secret(group.multiply(secret, group.decode(sent))))
        self.own_key = own
        step = yield _answer(0x84, own)
        proof = encode(0x86, self._token(token(offer, keys, sent))) + self._chip_data(offer, keys, mapping_secret)
        yield self._confirm(_given(step, 0x85, is_last=True), keys, token(offer, keys, own), proof)

    def _nonce(self, length: int) -> bytes:
        return bytes(length) if self._faults.has_empty_nonce else self._randomness(length)

    def _bent(self, public_key: bytes) -> bytes:
        return public_key[:-1] + bytes((public_key[-1] ^ self._faults.leaves_curve,))

    def _token(self, right: bytes) -> bytes:
        return bytes(len(right)) if self._faults.has_wrong_token else right

    def _chip_data(self, offer: PaceInfo, keys: SessionKeys, mapping_secret: int) -> bytes:
        """Return what proves the chip after chip authentication mapping (§4.4.3.5.1)."""
        if offer.mapping is not PaceMapping.ECDH_CHIP_AUTHENTICATION or offer.parameters is None:
            return b""
        curve, cipher = CURVES[offer.parameters], keys.cipher
        data = pow(self._secrets.mapping_keys[offer.parameters], -1, curve.order) * mapping_secret % curve.order
        start = cipher.first_block(keys.encryption, _ALL_ONES * cipher.block_bytes)
        padded = pad(data.to_bytes(curve.coordinate_bytes, "big"), cipher.block_bytes)
        return encode(0x8A, cipher.encrypt(keys.encryption, start, padded))

    def _confirm(self, untrusted: bytes, keys: SessionKeys, expected: bytes, proof: bytes) -> Answer:
        if not hmac.compare_digest(untrusted, expected):
            self.failures += 1
            return Answer(StatusWord.VERIFICATION_FAILED)
        self.failures, self._keys, self._run = 0, keys, None
        return Answer(data=encode(DYNAMIC_AUTHENTICATION, proof))


def _answer(tag: int, value: bytes) -> Answer:
    return Answer(data=encode(DYNAMIC_AUTHENTICATION, encode(tag, value)))


def _given(command: Command, tag: int | None, *, is_last: bool = False) -> bytes:
    """Return what the terminal gave under ``tag``, or nothing where it gives nothing."""
    if bool(command.cla & CHAINING_BIT) is is_last:
        raise CardUnreadableError("another place in the chain")
    if tag is None:
        return value_at(command.data, DYNAMIC_AUTHENTICATION)
    return value_at(command.data, DYNAMIC_AUTHENTICATION, tag)
