# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A trustee's side-car: strong proofs, beside the record, that each factor is made with the trustee's key.

The record's own proof binds less of its statement than a modern one should. These bind all of it
(docs/formats/side-car.md); our verifier asks for them, the Belenios tools do not know them.
"""

from typing import Final

import msgspec

from townhall_voting.errors import MalformedError, ShareRefusal, ShareRefusedError
from townhall_voting.group import Element, Scalar
from townhall_voting.hashing import challenge
from townhall_voting.nonces import Randomness, draw_scalar
from townhall_voting.proofs import Proof
from townhall_voting.trustees.partial_decryption import DecryptionStatement, PartialDecryption
from townhall_voting.trustees.tally import MAX_BYTES
from townhall_voting.untrusted_json import read_json
from townhall_voting.wire import ProofWire, parse_proof, proof_wire

_VERSION: Final = 1
_DOMAIN: Final = "townhall.side-car.v1"


class _SideCarWire(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    election: str
    tally: str
    owner: int
    public_key: str
    proofs: list[list[ProofWire]]


def file_name(uuid: str, owner: int) -> str:
    """Return how the side-car of a trustee is called, next to the record ``<uuid>.bel``."""
    return f"{uuid}.side-car.{owner}.json"


def prove_side_car(
    statement: DecryptionStatement, share: PartialDecryption, private: Scalar, randomness: Randomness
) -> bytes:
    """Return the side-car of a share that was just made with ``private``.

    Raises:
        RandomnessError: the source of randomness failed; nothing was made.
    """
    group = statement.election.group
    proofs: list[list[ProofWire]] = []
    for question, (ciphertexts, factors) in enumerate(zip(statement.tally.ciphertexts, share.factors, strict=True)):
        proofs.append([])
        for answer, (ciphertext, factor) in enumerate(zip(ciphertexts, factors, strict=True)):
            nonce = draw_scalar(randomness, group)
            commitments = [group.secret_power(base, nonce) for base in (group.generator, ciphertext.alpha)]
            prefix = _prefix(statement, (question, answer), ciphertext.alpha, factor)
            drawn = challenge(group, prefix, commitments)
            proofs[-1].append(proof_wire(Proof(drawn, group.scalar(nonce - private * drawn))))
    return msgspec.json.encode(_wire(statement, proofs))


def check_side_car(statement: DecryptionStatement, share: PartialDecryption, data: bytes) -> None:
    """Check that ``data`` is the side-car of a parsed share, and that every proof in it holds.

    Raises:
        ShareRefusedError: ``SIDE_CAR_MALFORMED`` or ``SIDE_CAR_PROOF``.
    """
    group = statement.election.group
    try:
        proofs = _parse(statement, data)
    except MalformedError as error:
        raise ShareRefusedError(statement.owner, ShareRefusal.SIDE_CAR_MALFORMED) from error
    for question, (ciphertexts, factors) in enumerate(zip(statement.tally.ciphertexts, share.factors, strict=True)):
        for answer, (ciphertext, factor) in enumerate(zip(ciphertexts, factors, strict=True)):
            proof = proofs[question][answer]
            commitments = [
                group.multiply(group.power(base, proof.response), group.power(power, proof.challenge))
                for base, power in ((group.generator, statement.public_key), (ciphertext.alpha, factor))
            ]
            prefix = _prefix(statement, (question, answer), ciphertext.alpha, factor)
            if challenge(group, prefix, commitments) != proof.challenge:
                raise ShareRefusedError(statement.owner, ShareRefusal.SIDE_CAR_PROOF)


def _parse(statement: DecryptionStatement, data: bytes) -> list[list[Proof]]:
    if len(data) > MAX_BYTES:
        raise MalformedError("too long")
    wire = read_json(data, _SideCarWire)
    if msgspec.json.encode(_wire(statement, wire.proofs)) != data:
        raise MalformedError("of another tally or trustee, or in another spelling")
    if [len(column) for column in wire.proofs] != [len(column) for column in statement.tally.ciphertexts]:
        raise MalformedError("not one proof for each factor")
    return [[parse_proof(statement.election.group, each) for each in column] for column in wire.proofs]


def _wire(statement: DecryptionStatement, proofs: list[list[ProofWire]]) -> _SideCarWire:
    return _SideCarWire(
        _VERSION,
        statement.election.fingerprint,
        statement.tally.hash,
        statement.owner,
        str(int(statement.public_key)),
        proofs,
    )


def _prefix(statement: DecryptionStatement, place: tuple[int, int], alpha: Element, factor: Element) -> str:
    parts = (
        _DOMAIN,
        statement.election.group.name,
        statement.election.fingerprint,
        statement.tally.hash,
        statement.owner,
        *place,
        int(statement.public_key),
        int(alpha),
        int(factor),
    )
    return "".join(f"{part}|" for part in parts)
