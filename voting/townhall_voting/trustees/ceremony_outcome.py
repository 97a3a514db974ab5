# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trustees' ceremony, end: each takes its share of the key, and all publish the same list (steps 4 to 6)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from townhall_voting.errors import (
    CeremonyRefusal,
    CeremonyRefusedError,
    KeyRefusedError,
    MalformedError,
    MembershipError,
    ProofRefusedError,
)
from townhall_voting.group import Scalar
from townhall_voting.hashing import HexHash, hex_hash
from townhall_voting.nonces import Randomness
from townhall_voting.trustee_keys import TrusteePublicKey, prove_key
from townhall_voting.trustees.ceremony import Ceremony, decode, open_step, sign_step
from townhall_voting.trustees.ceremony_dealing import Dealt, SecretWire
from townhall_voting.trustees.channel import receive
from townhall_voting.trustees.private_keys import CeremonyKeys
from townhall_voting.trustees.signed_message import sign_message
from townhall_voting.trustees.threshold import (
    ThresholdTrustees,
    TrusteeKeyWire,
    parse_trustee_key,
    trustee_key_wire,
)
from townhall_voting.trustees.threshold_check import check_threshold, evaluate

_KEY: Final = "townhall.ceremony.key.v1"


class _KeyWire(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    ceremony: str
    index: int
    reveals: str
    public_key: TrusteeKeyWire


@dataclass(frozen=True, slots=True)
class TrusteeInput:
    """Step 4: what one trustee gets from all: a secret of each, and each one's commitments."""

    index: int
    secrets: tuple[str, ...] = field(repr=False)
    dealt: tuple[Dealt, ...] = field(repr=False)


def route(ceremony: Ceremony, dealt: Sequence[Dealt]) -> tuple[TrusteeInput, ...]:
    """Step 4: return, for each trustee by place, what ``check_reveals`` found to be dealt to it."""
    return tuple(
        TrusteeInput(index, tuple(each.secrets[index - 1] for each in dealt), tuple(dealt))
        for index in range(1, ceremony.terms.size + 1)
    )


def take_share(ceremony: Ceremony, keys: CeremonyKeys, given: TrusteeInput) -> Scalar:
    """Step 5: return this trustee's share of the private key; every secret fits its sender's commitments.

    Raises:
        CeremonyRefusedError: ``NOT_MINE``, or ``WRONGLY_DEALT`` with whose secret is wrong.
    """
    group, index = ceremony.terms.group, ceremony.index_of(keys)
    if given.index != index:
        raise CeremonyRefusedError(CeremonyRefusal.NOT_MINE)
    share = 0
    for sender, (text, dealt) in enumerate(zip(given.secrets, given.dealt, strict=True), start=1):
        try:
            message = receive(group, keys.decryption, ceremony.certificates[sender - 1].verification, text)
            secret = group.parse_scalar(decode(message, SecretWire).secret)
        except (MalformedError, MembershipError, ProofRefusedError) as error:
            raise CeremonyRefusedError(CeremonyRefusal.WRONGLY_DEALT, sender) from error
        if group.secret_power(group.generator, secret) != evaluate(group, dealt.commitments.elements, index):
            raise CeremonyRefusedError(CeremonyRefusal.WRONGLY_DEALT, sender)
        share += secret
    return group.scalar(share)


def publish_key(
    ceremony: Ceremony, keys: CeremonyKeys, share: Scalar, dealt: Sequence[Dealt], randomness: Randomness
) -> bytes:
    """Step 5: return the public key of ``share``, proved and signed: the trustee's yes to all that was dealt.

    Raises:
        CeremonyRefusedError: ``NOT_MINE``.
        RandomnessError: the source of randomness failed.
    """
    group, index = ceremony.terms.group, ceremony.index_of(keys)
    proved = prove_key(group, share, randomness)
    signature = sign_message(group, keys.signing, str(int(proved.public_key)), randomness).signature
    key = TrusteePublicKey(proved.public_key, proved.pok, None, signature)
    wire = _KeyWire(_KEY, ceremony.hash, index, _reveals_hash(dealt), trustee_key_wire(key))
    return sign_step(ceremony, keys, wire, randomness)


def conclude(ceremony: Ceremony, dealt: Sequence[Dealt], published: Sequence[bytes]) -> ThresholdTrustees:
    """Step 6: return the trustees of the ceremony, everything checked; the same for all who saw the same messages.

    Raises:
        CeremonyRefusedError: a key is missing, malformed or not signed, or its trustee saw other messages.
        TrusteesRefusedError: a key is not the one that the commitments imply, or its proof does not hold.
    """
    if len(published) != ceremony.terms.size or len(dealt) != ceremony.terms.size:
        raise CeremonyRefusedError(CeremonyRefusal.MISSING)
    keys = []
    for index, data in enumerate(published, start=1):
        wire = open_step(ceremony, index, data, _KeyWire)
        if (wire.kind, wire.ceremony, wire.index) != (_KEY, ceremony.hash, index):
            raise CeremonyRefusedError(CeremonyRefusal.OTHER_CEREMONY, index)
        if wire.reveals != _reveals_hash(dealt):
            raise CeremonyRefusedError(CeremonyRefusal.OTHER_VIEW, index)
        try:
            keys.append(parse_trustee_key(ceremony.terms.group, wire.public_key))
        except (MalformedError, MembershipError) as error:
            raise CeremonyRefusedError(CeremonyRefusal.MALFORMED, index) from error
        if keys[-1].signature is None:
            raise CeremonyRefusedError(CeremonyRefusal.SIGNATURE, index)
    trustees = ThresholdTrustees(
        ceremony.terms.threshold,
        ceremony.certificates,
        tuple(each.commitments for each in dealt),
        tuple(each.seen for each in dealt),
        tuple(keys),
    )
    check_threshold(ceremony.terms.group, trustees, lambda index: index)
    return trustees


def check_share(trustees: ThresholdTrustees, keys: CeremonyKeys, share: Scalar) -> int:
    """Return the place, from 1, of the trustee to whom certificate and key, and so ``keys`` and ``share``, belong.

    Raises:
        KeyRefusedError: keys and share are not those of one of these trustees.
    """
    group = keys.group
    public = group.secret_power(group.generator, share)
    for index, (certificate, key) in enumerate(zip(trustees.certificates, trustees.keys, strict=True), start=1):
        if certificate.verification == keys.verification and key.public_key == public:
            return index
    raise KeyRefusedError("a share of another ceremony")


def _reveals_hash(dealt: Sequence[Dealt]) -> HexHash:
    return hex_hash(b"".join(hex_hash(each.message).encode() for each in dealt))
