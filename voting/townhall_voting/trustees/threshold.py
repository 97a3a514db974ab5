# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Trustees of whom any ``threshold`` can decrypt (Pedersen): what the record publishes of their ceremony."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import msgspec
from msgspec import UNSET, UnsetType

from townhall_voting.errors import MalformedError
from townhall_voting.group import Element, Group
from townhall_voting.proofs import Proof
from townhall_voting.trustee_keys import TrusteePublicKey
from townhall_voting.trustees.signed_message import MAX_TRUSTEES, SignedMessage, SignedWire, parse_signed
from townhall_voting.untrusted_json import read_json
from townhall_voting.wire import ProofWire, parse_proof, proof_wire


class Layout(Enum):
    """Which of the two layouts trustees were published in."""

    PLAIN = "Belenios 2.0: nothing binds a certificate to its ceremony, nor a key to its trustee"
    BOUND = "Belenios 3.0 and later: certificates name their ceremony, and trustees sign what they saw"


@dataclass(frozen=True, slots=True)
class Context:
    """The ceremony and the place in it that a certificate is made for; ``index`` counts from 1."""

    group: str
    size: int
    threshold: int
    index: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """A trustee's keys for the ceremony: one that signs, one that secrets are encrypted to."""

    signed: SignedMessage
    verification: Element
    encryption: Element
    context: Context | None


@dataclass(frozen=True, slots=True)
class Commitments:
    """A trustee's polynomial in the exponent: g to each coefficient ("coefexps")."""

    signed: SignedMessage
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class ThresholdTrustees:
    """The published outcome of one ceremony.

    ``seen`` are the trustees' signatures over all certificates and their own commitments (``seen_message``).
    """

    threshold: int
    certificates: tuple[Certificate, ...]
    commitments: tuple[Commitments, ...]
    seen: tuple[Proof, ...]
    keys: tuple[TrusteePublicKey, ...]

    @property
    def layout(self) -> Layout | None:
        """The layout that all of it follows; None where parts of the bound one are missing."""
        bound = (
            *(each.context is not None for each in self.certificates),
            *(each.signature is not None for each in self.keys),
            bool(self.seen),
        )
        if all(bound):
            return Layout.BOUND
        return None if any(bound) else Layout.PLAIN

    def public_key(self, group: Group) -> Element:
        """Return the product of what each trustee put in."""
        return group.product([each.elements[0] for each in self.commitments])


class _ContextWire(msgspec.Struct, forbid_unknown_fields=True):
    group: str
    size: int
    threshold: int
    index: int


class _CertificateWire(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    verification: str
    encryption: str
    context: _ContextWire | UnsetType = UNSET


class _BoundCertificateWire(msgspec.Struct, forbid_unknown_fields=True):
    """The same with its members in the order of the bound layout."""

    context: _ContextWire
    verification: str
    encryption: str


class _CommitmentsWire(msgspec.Struct, forbid_unknown_fields=True):
    coefexps: list[str]


class _SeenWire(msgspec.Struct):
    certs: list[SignedWire]
    coefexps: list[str]


class TrusteeKeyWire(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How the record spells a trustee's public key."""

    pok: ProofWire
    public_key: str
    signature: ProofWire | UnsetType = UNSET
    name: str | UnsetType = UNSET


class ThresholdWire(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """How the record spells threshold trustees."""

    threshold: int
    certs: list[SignedWire]
    coefexps: list[SignedWire]
    signatures: list[ProofWire] | UnsetType = UNSET
    verification_keys: list[TrusteeKeyWire]


def certificate_message(verification: Element, encryption: Element, context: Context) -> str:
    """Return what a trustee signs as certificate."""
    wire = _ContextWire(context.group, context.size, context.threshold, context.index)
    return msgspec.json.encode(_BoundCertificateWire(wire, str(int(verification)), str(int(encryption)))).decode()


def commitments_message(elements: Sequence[Element]) -> str:
    """Return what a trustee signs as commitments."""
    return msgspec.json.encode(_CommitmentsWire([str(int(element)) for element in elements])).decode()


def seen_message(certificates: Sequence[Certificate], elements: Sequence[Element]) -> str:
    """Return what a trustee signs to say: with these certificates I made these commitments."""
    wire = _SeenWire([each.signed.wire for each in certificates], [str(int(element)) for element in elements])
    return "certs_sig|" + msgspec.json.encode(wire).decode()


def parse_certificate(group: Group, wire: SignedWire) -> Certificate:
    """Return a certificate in its one spelling, its keys elements, its signature not checked.

    Raises:
        MalformedError: another spelling, or a number out of range.
        MembershipError: a key is no element.
    """
    parsed = read_json(wire.message, _CertificateWire)
    verification, encryption = group.element(parsed.verification), group.element(parsed.encryption)
    context = None
    spelling = msgspec.json.encode(parsed).decode()
    if isinstance(parsed.context, _ContextWire):
        context = Context(parsed.context.group, parsed.context.size, parsed.context.threshold, parsed.context.index)
        spelling = certificate_message(verification, encryption, context)
    if spelling != wire.message:
        raise MalformedError("a certificate in another spelling")
    return Certificate(parse_signed(group, wire), verification, encryption, context)


def parse_commitments(group: Group, wire: SignedWire) -> Commitments:
    """Return commitments in their one spelling, all of them elements, their signature not checked.

    Raises:
        MalformedError: another spelling, or a number out of range.
        MembershipError: one is no element.
    """
    elements = tuple(group.element(text) for text in read_json(wire.message, _CommitmentsWire).coefexps)
    if commitments_message(elements) != wire.message:
        raise MalformedError("commitments in another spelling")
    return Commitments(parse_signed(group, wire), elements)


def parse_trustee_key(group: Group, wire: TrusteeKeyWire) -> TrusteePublicKey:
    """Return a trustee's public key, an element; its proof and signature are not checked.

    Raises:
        MalformedError: a number out of range.
        MembershipError: the key is no element.
    """
    return TrusteePublicKey(
        group.element(wire.public_key),
        parse_proof(group, wire.pok),
        None if isinstance(wire.name, UnsetType) else wire.name,
        None if isinstance(wire.signature, UnsetType) else parse_proof(group, wire.signature),
    )


def trustee_key_wire(key: TrusteePublicKey) -> TrusteeKeyWire:
    """Return how the record spells a trustee's public key."""
    return TrusteeKeyWire(
        proof_wire(key.pok),
        str(int(key.public_key)),
        UNSET if key.signature is None else proof_wire(key.signature),
        UNSET if key.name is None else key.name,
    )


def parse_threshold(group: Group, wire: ThresholdWire) -> ThresholdTrustees:
    """Return threshold trustees, every number in range and every key an element, nothing else checked.

    Raises:
        MalformedError: not one entry for each trustee, or a number out of range.
        MembershipError: a number that is no element.
    """
    size = len(wire.certs)
    seen = [] if isinstance(wire.signatures, UnsetType) else wire.signatures
    if not 1 <= wire.threshold <= size <= MAX_TRUSTEES or len(seen) not in {0, size}:
        raise MalformedError("a threshold out of range, or too many trustees")
    if len(wire.coefexps) != size or len(wire.verification_keys) != size:
        raise MalformedError("not one entry for each trustee")
    commitments = tuple(parse_commitments(group, each) for each in wire.coefexps)
    if any(len(each.elements) != wire.threshold for each in commitments):
        raise MalformedError("commitments to another threshold")
    return ThresholdTrustees(
        wire.threshold,
        tuple(parse_certificate(group, each) for each in wire.certs),
        commitments,
        tuple(parse_proof(group, each) for each in seen),
        tuple(parse_trustee_key(group, each) for each in wire.verification_keys),
    )


def threshold_wire(trustees: ThresholdTrustees) -> ThresholdWire:
    """Return how the record spells threshold trustees."""
    return ThresholdWire(
        threshold=trustees.threshold,
        certs=[each.signed.wire for each in trustees.certificates],
        coefexps=[each.signed.wire for each in trustees.commitments],
        signatures=[proof_wire(each) for each in trustees.seen] if trustees.seen else UNSET,
        verification_keys=[trustee_key_wire(each) for each in trustees.keys],
    )
