# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The roll key, wrapped so that any two of the named officers' cards open it together, and one card alone never.

Each officer's card agrees (ECDH) on a secret with a point that the author drew and forgot; that is the officer's share.
For every pair of officers the roll key is encrypted under both shares. Format: docs/formats/election-package.md, 5.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Annotated, Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from townhall_crypto import canonical
from townhall_crypto.card_key import BlindedPoint, agree, card_public_key
from townhall_crypto.errors import MalformedError as CryptoMalformedError
from townhall_crypto.namespaces import ROLL_KEY_SHARE, ROLL_KEY_WRAP
from townhall_crypto.secret import Secret
from townhall_voting.errors import MalformedError, ProgrammingError, RollKeyRefusedError
from townhall_voting.package.definition import Definition
from townhall_voting.package.roll import KEY_BYTES

MIN_HOLDERS: Final = 2
MAX_HOLDERS: Final = 20
_NO_NONCE: Final = bytes(12)  # each wrapping key encrypts once
_SHARE_BYTES: Final = 48

Fingerprint = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$(?!\n)")]


class Holder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An officer: SHA-256 of the authentication certificate, as on the list of staff, and the point for that card."""

    certificate: Fingerprint
    point: bytes


class Wrap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The roll key under the shares of two holders, by their places in the list; the first one is the smaller."""

    holders: tuple[int, int]
    wrapped: bytes


class WrappedRollKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """roll-key.json."""

    version: Literal[1]
    holders: Annotated[tuple[Holder, ...], msgspec.Meta(min_length=MIN_HOLDERS, max_length=MAX_HOLDERS)]
    wraps: tuple[Wrap, ...]

    def holder_of(self, certificate_der: bytes) -> int | None:
        """Return the place of an officer in the list, by the authentication certificate; None for anybody else."""
        wanted = certificate_fingerprint(certificate_der)
        return next((at for at, each in enumerate(self.holders) if each.certificate == wanted), None)

    def to_bytes(self) -> bytes:
        """Return the file's one spelling."""
        return msgspec.json.encode(self, order="sorted")


@dataclass(frozen=True, slots=True)
class Share:
    """What one officer's card gave towards the roll key."""

    holder: int
    secret: Secret = field(repr=False)

    def wipe(self) -> None:
        """Forget it."""
        self.secret.wipe()


@dataclass(frozen=True, slots=True)
class ShareRequest:
    """Asks one officer's card for the share; who carries ``point`` and the card's answer learns nothing by them."""

    holder: int
    _blinded: BlindedPoint = field(repr=False)
    _info: bytes = field(repr=False)

    @property
    def point(self) -> bytes:
        """The point, uncompressed, that the card's authentication key is to agree with."""
        return self._blinded.point

    def share(self, untrusted_x: bytes) -> Share:
        """Return the share, from what the card answered; once.

        Raises:
            MalformedError: the card answered no x of a point.
        """
        try:
            shared = self._blinded.unblind(untrusted_x)
        except CryptoMalformedError as error:
            raise MalformedError("the card's answer is no x of a point") from error
        return Share(self.holder, _share(shared, self._info))


def certificate_fingerprint(certificate_der: bytes) -> str:
    """Return SHA-256 of a certificate, 64 hex digits: an officer's name on the list of staff."""
    return hashlib.sha256(certificate_der).hexdigest()


def wrap_roll_key(roll_key: Secret, officers: Sequence[bytes], definition: Definition) -> WrappedRollKey:
    """Wrap the roll key for each pair of ``officers`` (DER of their authentication certificates).

    Raises:
        MalformedError: a certificate without a key on P-384.
        ProgrammingError: fewer than two different certificates, or too many.
    """
    names = [certificate_fingerprint(officer) for officer in officers]
    if not MIN_HOLDERS <= len(set(names)) == len(names) <= MAX_HOLDERS:
        raise ProgrammingError("two to twenty different officers hold a roll key")
    holders, shares = [], []
    for name, officer in zip(names, officers, strict=True):
        try:
            agreement = agree(card_public_key(officer))
        except CryptoMalformedError as error:
            raise MalformedError(f"officer {name[:16]}: {error}") from error
        holders.append(Holder(name, agreement.ephemeral))
        shares.append(_share(agreement.shared, _share_info(holders[-1], definition)))
    wraps = tuple(
        Wrap((one, other), _cipher(shares[one], shares[other], info).encrypt(_NO_NONCE, bytes(roll_key.reveal()), info))
        for one, other in combinations(range(len(holders)), 2)
        for info in [_wrap_info(holders[one], holders[other], definition)]
    )
    for share in shares:
        share.wipe()
    return WrappedRollKey(1, tuple(holders), wraps)


def read_wrapped(untrusted: bytes) -> WrappedRollKey:
    """Return the wrapped roll key whose one spelling ``untrusted`` is; it must be the one that the manifest names.

    Raises:
        MalformedError: it is none, or not whole.
    """
    try:
        wrapped = msgspec.json.decode(untrusted, type=WrappedRollKey)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(f"roll-key.json: {error}") from error
    pairs = list(combinations(range(len(wrapped.holders)), 2))
    names = {holder.certificate for holder in wrapped.holders}
    if wrapped.to_bytes() != untrusted or [wrap.holders for wrap in wrapped.wraps] != pairs:
        raise MalformedError("roll-key.json: another spelling, or not each pair once")
    if len(names) != len(wrapped.holders):
        raise MalformedError("roll-key.json: one officer twice would open it alone")
    return wrapped


def request_share(wrapped: WrappedRollKey, holder: int, definition: Definition) -> ShareRequest:
    """Return what to ask of that officer's card.

    Raises:
        MalformedError: the officer's point is none.
    """
    asked = wrapped.holders[holder]
    try:
        return ShareRequest(holder, BlindedPoint.of(asked.point), _share_info(asked, definition))
    except CryptoMalformedError as error:
        raise MalformedError("roll-key.json: no point") from error


def unwrap_roll_key(wrapped: WrappedRollKey, shares: tuple[Share, Share], definition: Definition) -> Secret:
    """Return the roll key that the shares of two officers open; both shares are wiped.

    Raises:
        RollKeyRefusedError: one officer twice, or a share that is not the card's.
    """
    one, other = sorted(shares, key=lambda share: share.holder)
    try:
        wrap = next((each for each in wrapped.wraps if each.holders == (one.holder, other.holder)), None)
        if wrap is None:
            raise RollKeyRefusedError("two different officers are needed")
        info = _wrap_info(wrapped.holders[one.holder], wrapped.holders[other.holder], definition)
        opened = _cipher(one.secret, other.secret, info).decrypt(_NO_NONCE, wrap.wrapped, info)
    except InvalidTag:
        raise RollKeyRefusedError("the shares do not open the roll key") from None
    finally:
        one.wipe()
        other.wipe()
    if len(opened) != KEY_BYTES:
        raise RollKeyRefusedError("what was wrapped is no roll key")
    return Secret(opened)


def _share_info(holder: Holder, definition: Definition) -> bytes:
    facts = {**_facts(definition), "certificate": holder.certificate, "point": holder.point.hex()}
    return ROLL_KEY_SHARE + canonical.encode(facts)


def _wrap_info(one: Holder, other: Holder, definition: Definition) -> bytes:
    return ROLL_KEY_WRAP + canonical.encode({**_facts(definition), "holders": [one.certificate, other.certificate]})


def _facts(definition: Definition) -> dict[str, str]:
    return {"mode": definition.mode.value, "election": definition.id}


def _share(shared: Secret, info: bytes) -> Secret:
    derived = HKDF(SHA384(), _SHARE_BYTES, salt=None, info=info).derive(shared.reveal())
    shared.wipe()
    return Secret(derived)


def _cipher(one: Secret, other: Secret, info: bytes) -> AESGCM:
    """Both shares together make the key: whoever lacks one of them knows nothing of it."""
    return AESGCM(HKDF(SHA384(), 32, salt=None, info=info).derive(bytes(one.reveal()) + bytes(other.reveal())))
