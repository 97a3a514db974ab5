# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trustees' ceremony, middle: each commits to what it will deal, and only then deals it (before and in step 3).

Without the round, the trustee who speaks last could choose its part after seeing all others and so bias the key. With
it, nobody shows anything until everybody has committed, and what is shown must be what was committed to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from townhall_voting.errors import (
    CeremonyRefusal,
    CeremonyRefusedError,
    MalformedError,
    MembershipError,
    ProofRefusedError,
    TrusteesRefusedError,
)
from townhall_voting.group import Group, Scalar
from townhall_voting.hashing import HexHash, hex_hash
from townhall_voting.nonces import Randomness, draw_scalar
from townhall_voting.proofs import Proof
from townhall_voting.trustees.ceremony import Ceremony, decode, open_step, sign_step
from townhall_voting.trustees.channel import send
from townhall_voting.trustees.private_keys import CeremonyKeys
from townhall_voting.trustees.signed_message import SignedWire, check_signature, sign_message
from townhall_voting.trustees.threshold import Commitments, commitments_message, parse_commitments, seen_message
from townhall_voting.trustees.threshold_check import check_commitments
from townhall_voting.wire import ProofWire, parse_proof, proof_wire

_COMMIT: Final = "townhall.ceremony.commit.v1"
_REVEAL: Final = "townhall.ceremony.reveal.v1"
_DEALING: Final = "townhall.ceremony.dealing.v1"
_BLIND_BYTES: Final = 32


class _CommitWire(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    ceremony: str
    index: int
    commitment: str


class _RevealWire(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    ceremony: str
    index: int
    commitments: str
    blind: str
    dealing: str


class _DealingWire(msgspec.Struct, forbid_unknown_fields=True):
    """Step 3 as Belenios has it: polynomial (to oneself), a secret for each trustee, signed commitments."""

    polynomial: str
    secrets: list[str]
    coefexps: SignedWire
    signature: ProofWire


class _PolynomialWire(msgspec.Struct, forbid_unknown_fields=True):
    polynomial: list[str]


class SecretWire(msgspec.Struct, forbid_unknown_fields=True):
    """What one trustee gives another: its polynomial's value at the other's place."""

    secret: str


@dataclass(frozen=True, slots=True)
class Dealing:
    """What a trustee will show in step 3; to be kept from everybody until all have committed.

    What is secret in it even then is encrypted to its recipients.
    """

    text: str = field(repr=False)
    blind: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dealt:
    """What a trustee showed: a secret for each (still encrypted), commitments, signature over all certificates."""

    index: int
    secrets: tuple[str, ...] = field(repr=False)
    commitments: Commitments = field(repr=False)
    seen: Proof = field(repr=False)
    message: bytes = field(repr=False)


def deal(ceremony: Ceremony, keys: CeremonyKeys, randomness: Randomness) -> Dealing:
    """Draw a polynomial and prepare what each trustee gets of it.

    Raises:
        CeremonyRefusedError: ``NOT_MINE``.
        RandomnessError: the source of randomness failed.
    """
    group, terms = ceremony.terms.group, ceremony.terms
    ceremony.index_of(keys)
    polynomial = [draw_scalar(randomness, group) for _ in range(terms.threshold)]
    elements = [group.secret_power(group.generator, each) for each in polynomial]
    signed = sign_message(group, keys.signing, commitments_message(elements), randomness)
    seen = sign_message(group, keys.signing, seen_message(ceremony.certificates, elements), randomness)
    own = msgspec.json.encode(_PolynomialWire([str(int(each)) for each in polynomial])).decode()
    secrets = [
        msgspec.json.encode(SecretWire(str(int(_value(group, polynomial, index))))).decode()
        for index in range(1, terms.size + 1)
    ]
    wire = _DealingWire(
        send(group, keys.signing, keys.encryption, own, randomness),
        [
            send(group, keys.signing, certificate.encryption, secret, randomness)
            for certificate, secret in zip(ceremony.certificates, secrets, strict=True)
        ],
        signed.wire,
        proof_wire(seen.signature),
    )
    return Dealing(msgspec.json.encode(wire).decode(), randomness.read(_BLIND_BYTES).hex())


def commit(ceremony: Ceremony, keys: CeremonyKeys, dealing: Dealing, randomness: Randomness) -> bytes:
    """Return the signed commitment to ``dealing``; it tells nothing of it.

    Raises:
        CeremonyRefusedError: ``NOT_MINE``.
        RandomnessError: the source of randomness failed.
    """
    index = ceremony.index_of(keys)
    wire = _CommitWire(_COMMIT, ceremony.hash, index, _commitment(ceremony, index, dealing))
    return sign_step(ceremony, keys, wire, randomness)


def reveal(
    ceremony: Ceremony, keys: CeremonyKeys, dealing: Dealing, commits: Sequence[bytes], randomness: Randomness
) -> bytes:
    """Step 3: return what this trustee deals, once every trustee's commitment is there.

    Raises:
        CeremonyRefusedError: a commitment is missing or refused, or the own one is not to ``dealing``: show nothing.
        RandomnessError: the source of randomness failed.
    """
    index = ceremony.index_of(keys)
    if _commitments(ceremony, commits)[index - 1] != _commitment(ceremony, index, dealing):
        raise CeremonyRefusedError(CeremonyRefusal.NOT_COMMITTED, index)
    wire = _RevealWire(_REVEAL, ceremony.hash, index, _all_hash(commits), dealing.blind, dealing.text)
    return sign_step(ceremony, keys, wire, randomness)


def check_reveals(ceremony: Ceremony, commits: Sequence[bytes], reveals: Sequence[bytes]) -> tuple[Dealt, ...]:
    """Return what each trustee dealt, by place: signed, as committed to, and with the same commitments in view.

    Raises:
        CeremonyRefusedError: the reason, and whose message it is.
    """
    commitments = _commitments(ceremony, commits)
    if len(reveals) != len(commitments):
        raise CeremonyRefusedError(CeremonyRefusal.MISSING)
    dealt = []
    for index, (expected, data) in enumerate(zip(commitments, reveals, strict=True), start=1):
        wire = open_step(ceremony, index, data, _RevealWire)
        if (wire.kind, wire.ceremony, wire.index) != (_REVEAL, ceremony.hash, index):
            raise CeremonyRefusedError(CeremonyRefusal.OTHER_CEREMONY, index)
        is_same_view = wire.commitments == _all_hash(commits)
        if not is_same_view or _commitment(ceremony, index, Dealing(wire.dealing, wire.blind)) != expected:
            raise CeremonyRefusedError(CeremonyRefusal.NOT_COMMITTED, index)
        dealt.append(_parse_dealing(ceremony, index, wire.dealing, data))
    return tuple(dealt)


def _parse_dealing(ceremony: Ceremony, index: int, text: str, message: bytes) -> Dealt:
    group, certificate = ceremony.terms.group, ceremony.certificates[index - 1]
    try:
        wire = decode(text, _DealingWire)
        commitments = parse_commitments(group, wire.coefexps)
        seen = parse_proof(group, wire.signature)
        check_commitments(group, certificate, commitments, index)
        check_signature(
            group, certificate.verification, seen_message(ceremony.certificates, commitments.elements), seen
        )
    except (MalformedError, MembershipError) as error:
        raise CeremonyRefusedError(CeremonyRefusal.MALFORMED, index) from error
    except (ProofRefusedError, TrusteesRefusedError) as error:
        raise CeremonyRefusedError(CeremonyRefusal.SIGNATURE, index) from error
    if len(wire.secrets) != ceremony.terms.size or len(commitments.elements) != ceremony.terms.threshold:
        raise CeremonyRefusedError(CeremonyRefusal.MALFORMED, index)
    return Dealt(index, tuple(wire.secrets), commitments, seen, message)


def _commitments(ceremony: Ceremony, commits: Sequence[bytes]) -> list[str]:
    if len(commits) != ceremony.terms.size:
        raise CeremonyRefusedError(CeremonyRefusal.MISSING)
    commitments = []
    for index, data in enumerate(commits, start=1):
        wire = open_step(ceremony, index, data, _CommitWire)
        if (wire.kind, wire.ceremony, wire.index) != (_COMMIT, ceremony.hash, index):
            raise CeremonyRefusedError(CeremonyRefusal.OTHER_CEREMONY, index)
        commitments.append(wire.commitment)
    return commitments


def _commitment(ceremony: Ceremony, index: int, dealing: Dealing) -> HexHash:
    return hex_hash(f"{_DEALING}|{ceremony.hash}|{index}|{dealing.blind}|{dealing.text}".encode())


def _all_hash(messages: Sequence[bytes]) -> HexHash:
    return hex_hash(b"".join(hex_hash(each).encode() for each in messages))


def _value(group: Group, polynomial: Sequence[Scalar], place: int) -> Scalar:
    value = 0
    for coefficient in reversed(polynomial):
        value = (value * place + coefficient) % group.order
    return group.scalar(value)
