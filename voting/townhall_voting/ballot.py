# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A ballot of the record: its parts, and its one spelling in bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from townhall_voting.election import Election, HomomorphicQuestion, Question
from townhall_voting.errors import BallotRefusal, BallotRefusedError, MalformedError, RefusedError
from townhall_voting.group import Element, Group
from townhall_voting.hashing import Fingerprint, fingerprint
from townhall_voting.proofs import Ciphertext, Proof
from townhall_voting.schnorr_group import decimal
from townhall_voting.untrusted_json import read_json
from townhall_voting.wire import (
    CiphertextWire,
    ProofWire,
    ciphertext_wire,
    parse_proof,
    parse_proofs,
    proof_wire,
    proof_wires,
)

MAX_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HomomorphicAnswer:
    """Encrypted bits with their proofs; ``blank_proof`` is empty where blank is not allowed."""

    choices: tuple[Ciphertext, ...]
    individual_proofs: tuple[tuple[Proof, ...], ...]
    overall_proof: tuple[Proof, ...]
    blank_proof: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class RankedAnswer:
    """Encrypted numbers, with the proof that their maker knows them."""

    choices: Ciphertext
    proof: Proof


Answer: TypeAlias = HomomorphicAnswer | RankedAnswer


@dataclass(frozen=True, slots=True)
class Ballot:
    """A signed ballot. Parsed, its numbers are in range; whether they are elements and proofs hold is checked apart."""

    election: Fingerprint
    credential: Element
    answers: tuple[Answer, ...]
    hash: Fingerprint
    signature: Proof
    data: bytes

    @property
    def tracker(self) -> Fingerprint:
        """The hash over the whole ballot: how a voter finds it on the board."""
        return fingerprint(self.data)


class _HomomorphicWire(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    choices: list[CiphertextWire]
    individual_proofs: list[list[ProofWire]]
    overall_proof: list[ProofWire]
    blank_proof: list[ProofWire] | UnsetType = UNSET


class _RankedWire(msgspec.Struct, forbid_unknown_fields=True):
    choices: CiphertextWire
    proof: ProofWire


class _SignatureWire(msgspec.Struct, forbid_unknown_fields=True):
    hash: str
    proof: ProofWire


class _BallotWire(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    election_uuid: str
    election_hash: str
    credential: str
    answers: list[msgspec.Raw]
    signature: _SignatureWire | UnsetType = UNSET


def unsigned_bytes(election: Election, credential: Element, answers: Sequence[Answer]) -> bytes:
    """Return the ballot's JSON without its signature: what h is the hash of."""
    return msgspec.json.encode(
        _BallotWire(
            election.uuid, election.fingerprint, decimal(credential), [msgspec.Raw(_answer_bytes(a)) for a in answers]
        )
    )


def signed_ballot_bytes(unsigned: bytes, signature: Proof) -> bytes:
    """Return the whole ballot: ``unsigned`` with the signature as its last member."""
    member = msgspec.json.encode(_SignatureWire(fingerprint(unsigned), proof_wire(signature)))
    return unsigned[:-1] + b',"signature":' + member + b"}"


def signature_prefix(ballot_hash: Fingerprint) -> str:
    """Return what the voting key's proof of knowledge is bound to: it is the ballot's signature."""
    return f"sig|{ballot_hash}|"


def parse_ballot(election: Election, data: bytes) -> Ballot:
    """Return the ballot that ``data`` spells, its form checked and nothing else.

    Raises:
        BallotRefusedError: ``MALFORMED`` (so is any other spelling than the record's), ``HASH`` or ``OTHER_ELECTION``.
    """
    try:
        ballot = _parse(election, data)
    except MalformedError as error:
        raise BallotRefusedError(BallotRefusal.MALFORMED) from error
    if data != signed_ballot_bytes(unsigned_bytes(election, ballot.credential, ballot.answers), ballot.signature):
        # Parsed and spelled again, it differs: another hash (told apart below), or another spelling.
        if ballot.hash != fingerprint(unsigned_bytes(election, ballot.credential, ballot.answers)):
            raise BallotRefusedError(BallotRefusal.HASH)
        raise BallotRefusedError(BallotRefusal.MALFORMED)
    return ballot


def _parse(election: Election, data: bytes) -> Ballot:
    if len(data) > MAX_BYTES:
        raise MalformedError("too long")
    wire = read_json(data, _BallotWire)
    if isinstance(wire.signature, UnsetType) or len(wire.answers) != len(election.questions):
        raise MalformedError("no signature, or not an answer to each question")
    if wire.election_uuid != election.uuid or wire.election_hash != election.fingerprint:
        raise BallotRefusedError(BallotRefusal.OTHER_ELECTION)
    group = election.group
    try:
        return Ballot(
            Fingerprint(wire.election_hash),
            group.unchecked_element(wire.credential),
            tuple(
                _parse_answer(group, question, bytes(raw))
                for question, raw in zip(election.questions, wire.answers, strict=True)
            ),
            Fingerprint(wire.signature.hash),
            parse_proof(group, wire.signature.proof),
            data,
        )
    except RefusedError as error:
        raise MalformedError("a number out of range") from error


def _parse_answer(group: Group, question: Question, raw: bytes) -> Answer:
    if not isinstance(question, HomomorphicQuestion):
        ranked = read_json(raw, _RankedWire)
        return RankedAnswer(_parse_ciphertext(group, ranked.choices), parse_proof(group, ranked.proof))
    wire = read_json(raw, _HomomorphicWire)
    if isinstance(wire.blank_proof, list) != question.is_blank_allowed:
        raise MalformedError("a blank proof where there is no blank vote, or none where there is")
    if len(wire.choices) != question.ciphertext_count or len(wire.individual_proofs) != len(wire.choices):
        raise MalformedError("not a ciphertext and a proof for each answer")
    blank = [] if isinstance(wire.blank_proof, UnsetType) else wire.blank_proof
    return HomomorphicAnswer(
        tuple(_parse_ciphertext(group, choice) for choice in wire.choices),
        tuple(parse_proofs(group, proofs) for proofs in wire.individual_proofs),
        parse_proofs(group, wire.overall_proof),
        parse_proofs(group, blank),
    )


def _parse_ciphertext(group: Group, wire: CiphertextWire) -> Ciphertext:
    return Ciphertext(group.unchecked_element(wire.alpha), group.unchecked_element(wire.beta))


def _answer_bytes(answer: Answer) -> bytes:
    match answer:
        case RankedAnswer():
            return msgspec.json.encode(_RankedWire(ciphertext_wire(answer.choices), proof_wire(answer.proof)))
        case HomomorphicAnswer():
            return msgspec.json.encode(
                _HomomorphicWire(
                    [ciphertext_wire(choice) for choice in answer.choices],
                    [proof_wires(proofs) for proofs in answer.individual_proofs],
                    proof_wires(answer.overall_proof),
                    proof_wires(answer.blank_proof) if answer.blank_proof else UNSET,
                )
            )
