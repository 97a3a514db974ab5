# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""R: the statement by which a person on the roll casts one ballot, signed with their card over its hash.

Format: docs/formats/voting-statement.md. The container is ASiC-E (docs/formats/asice.md) with two files: the facts for
programs and the sentence that the person read. Whoever holds R knows who cast which ciphertext, and nothing of what is
in it: it goes to the eligibility board alone, sealed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import msgspec
from asn1crypto import x509

from townhall_crypto import canonical
from townhall_crypto.asice import inspect_container, sign_asice, validate_asice
from townhall_crypto.card_signature import ECDSA_SHA384, CardAlgorithm
from townhall_crypto.errors import CertificateRefusedError, ContainerRefusedError, NotCanonicalError
from townhall_crypto.pades_card import SignDigest
from townhall_crypto.trust import TrustAnchors, ValidatedCertificate, parse_certificate
from townhall_voting.errors import StatementRefusal, StatementRefusedError
from townhall_voting.hashing import Fingerprint, HexHash, hex_hash, is_fingerprint
from townhall_voting.mode import Mode

_FACTS: Final = "statement.json"
_SENTENCE: Final = "statement.txt"
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_MAX_NAME: Final = 200


class StatementFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the person's card signs, for programs; canonical JSON."""

    version: Literal[1] = 1
    type: Literal["voting-statement"] = "voting-statement"
    mode: Mode
    election: Fingerprint
    ballot: Fingerprint
    """h: the hash of the ballot before its signature."""
    place: str
    """Identifier of the polling place in the election package."""
    device: str
    """Name of the kiosk or desk that made the statement."""
    seq: int
    """Counts this device's statements from 1."""
    time: int
    """Unix seconds by the device's clock: a claim, bounded later by the device's signed opening and closing."""
    roll_version: HexHash
    """SHA-256 of the roll snapshot in which the person was found."""
    language: str
    """In which language the sentence is."""

    def to_bytes(self) -> bytes:
        """Return the one spelling of these facts."""
        return canonical.encode(msgspec.to_builtins(self))


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement whose signature holds, by a certificate that was good at the time asked for."""

    facts: StatementFacts
    certificate: ValidatedCertificate = field(repr=False)
    sha256: HexHash
    """Of the container: the statement's name everywhere."""


SentenceFor = Callable[[StatementFacts], str]
"""Gives the sentence that the person must have read, in the statement's language, from the election package."""


async def sign_statement(  # noqa: PLR0913  # keyword-only; what a signature is made of
    facts: StatementFacts,
    sentence: str,
    *,
    certificate: bytes,
    sign_digest: SignDigest,
    signed_at: datetime,
    algorithm: CardAlgorithm = ECDSA_SHA384,
) -> bytes:
    """Return R: facts and sentence in one container, signed by one operation of the person's card (PIN 2).

    Raises:
        CardSignatureRefusedError: the card returned something that is no signature by the certificate's key.
        CertificateRefusedError: ``certificate`` cannot be read.
    """
    files = {_FACTS: facts.to_bytes(), _SENTENCE: sentence.encode()}
    return await sign_asice(
        files, certificate=certificate, sign_digest=sign_digest, signed_at=signed_at, algorithm=algorithm
    )


def read_facts(untrusted: bytes) -> StatementFacts:
    """Return what a statement says, its signature matched but its signer not trusted yet: to know how to judge it.

    Raises:
        StatementRefusedError: ``UNSIGNED`` or ``MALFORMED``.
    """
    try:
        container = inspect_container(untrusted)
    except ContainerRefusedError as error:
        raise StatementRefusedError(StatementRefusal.UNSIGNED) from error
    facts, _sentence = _parse({file.name: file.content for file in container.files})
    return facts


def signer_of(untrusted: bytes) -> x509.Certificate:
    """Return the certificate that a statement names, not trusted yet.

    Raises:
        StatementRefusedError: ``UNSIGNED``.
    """
    try:
        return parse_certificate(inspect_container(untrusted).facts.certificate_der)
    except (ContainerRefusedError, CertificateRefusedError) as error:
        raise StatementRefusedError(StatementRefusal.UNSIGNED) from error


def validate_statement(untrusted: bytes, anchors: TrustAnchors, at: datetime, sentence_for: SentenceFor) -> Statement:
    """Return the statement, if one person whose certificate was good ``at`` that time signed facts and sentence.

    Whether the person is on the roll, and votes here for the first time, is not asked here.

    Raises:
        StatementRefusedError: ``UNSIGNED``, ``MALFORMED``, ``OTHER_SENTENCE``, or ``CERTIFICATE``.
        TrustMaterialError: the anchors cannot be read.
    """
    try:
        container = validate_asice(untrusted, anchors, at)
    except ContainerRefusedError as error:
        is_unsigned = error.certificate_reason is None
        reason = StatementRefusal.UNSIGNED if is_unsigned else StatementRefusal.CERTIFICATE
        raise StatementRefusedError(reason, error.certificate_reason) from error
    facts, sentence = _parse(container.files)
    if sentence != sentence_for(facts):
        raise StatementRefusedError(StatementRefusal.OTHER_SENTENCE)
    return Statement(facts, container.certificate, hex_hash(untrusted))


def _parse(files: Mapping[str, bytes]) -> tuple[StatementFacts, str]:
    """Return facts and sentence of a container's files; every way to be wrong is one refusal."""
    try:
        if tuple(files) != (_FACTS, _SENTENCE):
            raise StatementRefusedError(StatementRefusal.MALFORMED)
        facts = msgspec.convert(canonical.decode(files[_FACTS]), StatementFacts)
        sentence = files[_SENTENCE].decode()
    except (NotCanonicalError, msgspec.ValidationError, UnicodeDecodeError):
        raise StatementRefusedError(StatementRefusal.MALFORMED) from None
    if not (
        is_fingerprint(facts.election)
        and is_fingerprint(facts.ballot)
        and _HEX.fullmatch(facts.roll_version)
        and facts.seq > 0
        and facts.time > 0
        and all(0 < len(name) <= _MAX_NAME for name in (facts.place, facts.device, facts.language))
    ):
        raise StatementRefusedError(StatementRefusal.MALFORMED)
    return facts, sentence
