# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Master lists: the country signing authorities that one state, or ICAO, vouches for (ICAO 9303-12 §8.2).

Germany's list and those of ICAO's directory are the same CMS signed data; they differ in how the signer is named and
how the bytes are spelt, and all spellings are read. A certificate that cannot be read spoils no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from asn1crypto import core

from townhall_crypto.signature_key import UNREADABLE
from townhall_crypto.signed_content import SignedContent, open_content, verify_content
from townhall_crypto.state_certificate import StateCertificate, is_list_signer, read_certificate
from townhall_crypto.state_errors import AuthorityRefusal, AuthorityRefusedError, ContentRefusedError

CONTENT_TYPE: Final = "2.23.136.1.1.2"  # id-icao-cscaMasterList
_MAX_CERTIFICATES: Final = 10_000


@dataclass(frozen=True, slots=True)
class MasterList:
    """A list whose signer is by an authority that the administrators named; its entries are not looked at."""

    entries: tuple[bytes, ...] = field(repr=False)
    signer: StateCertificate
    signed_at: datetime | None


def read_master_list(untrusted: bytes, publishers: Sequence[StateCertificate], at: datetime) -> MasterList:
    """Read a list whose signer is for lists and, when it signed, valid under one of the publishers.

    ``at`` stands for the time of signing where the list does not say.

    Raises:
        AuthorityRefusedError: with the reason.
    """
    try:
        signed = verify_content(open_content(untrusted, frozenset({CONTENT_TYPE})))
        signer = read_certificate(signed.signer)
    except ContentRefusedError as exc:
        raise AuthorityRefusedError(AuthorityRefusal.LIST_SIGNATURE, exc.reason.value) from None
    moment = signed.signed_at or at
    if not (is_list_signer(signer) and signer.is_valid_at(moment) and _issuer_of(signer, publishers) is not None):
        raise AuthorityRefusedError(AuthorityRefusal.LIST_SIGNER)
    return MasterList(_entries(signed), signer, signed.signed_at)


def _issuer_of(signer: StateCertificate, publishers: Sequence[StateCertificate]) -> StateCertificate | None:
    candidates = (each for each in publishers if signer.may_be_by(each) and signer.is_signed_by(each))
    return next(candidates, None)


def _entries(signed: SignedContent) -> tuple[bytes, ...]:
    """Take CscaMasterList apart: a version, and a SET OF Certificate whose members are not looked at."""
    try:
        version, listed = core.SequenceOf.load(signed.content, strict=True, spec=core.Any)
        certificates = core.SetOf.load(listed.dump(), strict=True, spec=core.Any)
        is_known = version.parse(core.Integer).native == 0
        entries = tuple(each.dump() for each in certificates) if len(certificates) <= _MAX_CERTIFICATES else ()
    except UNREADABLE:
        raise AuthorityRefusedError(AuthorityRefusal.LIST_UNREADABLE) from None
    if not (is_known and entries):
        raise AuthorityRefusedError(AuthorityRefusal.LIST_UNREADABLE)
    return entries
