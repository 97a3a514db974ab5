# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Election officers' signatures over a package: two different people on the list of staff, each with card and PIN 2.

The list names authentication certificates, and documents are signed by the card's other key: so a signature brings
both certificates, and both must be of one person. What PIN 1 signs, to come in at a kiosk, can never stand for it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from townhall_crypto.card_key import is_signature
from townhall_crypto.errors import CertificateRefusedError
from townhall_crypto.namespaces import ELECTION_PACKAGE
from townhall_crypto.trust import TrustAnchors, Usage, validate_certificate
from townhall_voting.errors import MalformedError, PackageRefusal, PackageRefusedError

NEEDED: Final = 2
MAX_SIGNATURES: Final = 20

IsOfficer: TypeAlias = Callable[[bytes, datetime], bool]
"""Tells whether the holder of an authentication certificate (DER) is an election officer at that time."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What signatures are judged by: whose certificates are trusted, who is an officer, and as of when."""

    anchors: TrustAnchors = field(repr=False)
    is_officer: IsOfficer = field(repr=False)
    at: datetime


class OfficerSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One officer's signature (r || s) over ``signing_digest``, and both certificates of the card (DER)."""

    authentication_certificate: bytes
    signature_certificate: bytes
    signature: bytes

    def __repr__(self) -> str:
        """Show nobody's name."""
        return "OfficerSignature(...)"


class Signatures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """signatures.json."""

    version: Literal[1]
    signatures: Annotated[tuple[OfficerSignature, ...], msgspec.Meta(max_length=MAX_SIGNATURES)]

    def to_bytes(self) -> bytes:
        """Return the file."""
        return msgspec.json.encode(self, order="sorted")


def signed_bytes(manifest: bytes) -> bytes:
    """Return what an officer signs: the manifest, which names the mode, under a namespace of its own."""
    return ELECTION_PACKAGE + manifest


def signing_digest(manifest: bytes) -> bytes:
    """Return the SHA-384 of ``signed_bytes``: what goes to the card, for its signature key and PIN 2."""
    return hashlib.sha384(signed_bytes(manifest)).digest()


def read_signatures(untrusted: bytes) -> Signatures:
    """Read signatures.json.

    Raises:
        MalformedError: it does not follow its format.
    """
    try:
        return msgspec.json.decode(untrusted, type=Signatures)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError("signatures.json") from error


def check_officers(manifest: bytes, signatures: Signatures, grounds: Grounds) -> tuple[bytes, ...]:
    """Return the authentication certificates of the officers who signed, sorted: two different people or more.

    A signature that does not hold counts for nobody; it is no reason to refuse those that do.

    Raises:
        PackageRefusedError: ``OFFICERS``, fewer than two.
        TrustMaterialError: the anchors cannot be read.
    """
    people: dict[tuple[str, str], bytes] = {}
    for signature in signatures.signatures:
        person = _signer(manifest, signature, grounds)
        if person is not None:
            people[person] = signature.authentication_certificate
    if len(people) < NEEDED:
        raise PackageRefusedError(PackageRefusal.OFFICERS, f"{len(people)} of {NEEDED}")
    return tuple(sorted(people.values()))


def _signer(manifest: bytes, signature: OfficerSignature, grounds: Grounds) -> tuple[str, str] | None:
    """Return country and personal code of the officer who made this signature, or None where it does not hold."""
    try:
        listed = validate_certificate(
            signature.authentication_certificate, grounds.anchors, grounds.at, Usage.AUTHENTICATION
        )
        signer = validate_certificate(signature.signature_certificate, grounds.anchors, grounds.at, Usage.SIGNATURE)
    except CertificateRefusedError:
        return None
    one, other = ((each.country, each.personal_code) for each in (listed.subject, signer.subject))
    is_good = (
        one == other
        and is_signature(signer.der, signing_digest(manifest), signature.signature)
        and grounds.is_officer(listed.der, grounds.at)
    )
    return one if is_good else None
