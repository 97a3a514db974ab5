# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Takes a signed container from level B-B to B-T and B-LT (ETSI EN 319 132-1 §6), and checks that it proves itself.

An archive time stamp (B-LTA) is not made here: a container proves its signature until the certificate of its
time-stamping authority ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from asn1crypto import x509

from townhall_crypto.asice import InspectedContainer, inspect_container
from townhall_crypto.asice_container import Container, write_container
from townhall_crypto.asice_xades import Unsigned, XadesFacts, stamped_bytes, write_signatures
from townhall_crypto.errors import (
    CertificateRefusedError,
    ContainerRefusal,
    ContainerRefusedError,
    OcspRefusedError,
    TimestampRefusedError,
)
from townhall_crypto.pades_levels import Stamped, ValidationData
from townhall_crypto.pades_timestamp import AskTsa, TimeStamp, read_token, stamp
from townhall_crypto.trust import TrustAnchors, Usage, parse_certificate, validate_certificate
from townhall_crypto.trust_ocsp import read_ocsp_answer
from townhall_crypto.trust_revocation import RevocationLists, Verdict


@dataclass(frozen=True, slots=True)
class ProvedContainer:
    """A container whose signature is proved by what it holds."""

    container: bytes = field(repr=False)
    proved_at: datetime
    """The signature existed at this time, and the card was in force after it."""
    stamp: TimeStamp


def stamp_container(untrusted: bytes, ask: AskTsa, timestamp_anchors: TrustAnchors) -> Stamped:
    """Return the container at level B-T.

    Raises:
        ContainerRefusedError: it is not at level B-B as kiosks make it.
        TimestampRefusedError: the authority's answer does not hold.
    """
    found = inspect_container(untrusted)
    if found.facts.unsigned != Unsigned():
        raise ContainerRefusedError(ContainerRefusal.NOT_XADES)
    token, made = stamp(stamped_bytes(found.files, found.facts), ask, timestamp_anchors)
    return Stamped(_written(found, Unsigned(timestamp=token.dump())), made)


def container_timestamp(untrusted: bytes, timestamp_anchors: TrustAnchors) -> TimeStamp:
    """Return the time stamp over the container's signature.

    Raises:
        ContainerRefusedError: there is none, or the container is not as it was signed.
        TimestampRefusedError: it does not hold.
    """
    found = inspect_container(untrusted)
    return read_token(found.facts.unsigned.timestamp, stamped_bytes(found.files, found.facts), timestamp_anchors)


def add_container_proofs(untrusted: bytes, proofs: ValidationData) -> bytes:
    """Return the container at level B-LT; raises ContainerRefusedError where it is not at B-T."""
    found = inspect_container(untrusted)
    unsigned = found.facts.unsigned
    if not unsigned.timestamp or unsigned.certificates:
        raise ContainerRefusedError(ContainerRefusal.NOT_XADES)
    added = Unsigned(unsigned.timestamp, proofs.certificates_der, proofs.crls_der, proofs.ocsps_der)
    return _written(found, added)


def _written(found: InspectedContainer, unsigned: Unsigned) -> bytes:
    facts: XadesFacts = replace(found.facts, unsigned=unsigned)
    return write_container(Container(found.files, write_signatures(found.files, facts)))


def validate_proved(untrusted: bytes, anchors: TrustAnchors, timestamp_anchors: TrustAnchors) -> ProvedContainer:
    """Return what the container proves with nothing from outside but the anchors.

    Certificates, lists and the issuer's answer are the container's own, so this holds as long as the anchors do and the
    time-stamping authority's certificate has not ended; whoever asks later looks at ``stamp.authority_ends``.

    Raises:
        ContainerRefusedError: it does not.
    """
    found = inspect_container(untrusted)
    unsigned = found.facts.unsigned
    if not (unsigned.timestamp and unsigned.certificates and unsigned.ocsps):
        raise ContainerRefusedError(ContainerRefusal.NOT_PROVED)
    own = replace(anchors, intermediates_der=(), crls_der=unsigned.crls)
    try:
        made = read_token(unsigned.timestamp, stamped_bytes(found.files, found.facts), timestamp_anchors)
        certificate = validate_certificate(
            found.facts.certificate_der, own, made.at, Usage.SIGNATURE, others_der=unsigned.certificates
        )
        answer = read_ocsp_answer(unsigned.ocsps[0], certificate, own, made.at)
        issuers = [*certificate.chain_der]
        is_current = _are_in_force(issuers, unsigned.crls, made.at) and _is_stamper_in_force(
            made, timestamp_anchors, unsigned.crls
        )
    except (CertificateRefusedError, OcspRefusedError, TimestampRefusedError, ValueError):
        raise ContainerRefusedError(ContainerRefusal.NOT_PROVED) from None
    if answer.revoked_at is not None or not is_current:
        raise ContainerRefusedError(ContainerRefusal.NOT_PROVED)
    return ProvedContainer(untrusted, made.at, made)


def _are_in_force(chain_der: Sequence[bytes], crls_der: Sequence[bytes], at: datetime) -> bool:
    """Whether lists that were current speak for every certificate of the chain but the last, and name none."""
    chain = [x509.Certificate.load(der) for der in chain_der]
    return len(chain) == 1 or RevocationLists.parse(crls_der).find(chain, at).verdict is Verdict.GOOD


def _is_stamper_in_force(made: TimeStamp, timestamp_anchors: TrustAnchors, crls_der: Sequence[bytes]) -> bool:
    authority = made.certificates[0]
    known = [parse_certificate(der) for der in (*timestamp_anchors.intermediates_der, *timestamp_anchors.anchors_der)]
    chain = [authority]
    while issuer := next((each for each in known if each.subject == chain[-1].issuer and each not in chain), None):
        chain.append(issuer)
    return _are_in_force([each.dump() for each in chain], crls_der, made.at)
