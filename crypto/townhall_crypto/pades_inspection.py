# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the one signature of a PDF and checks everything about it except whose certificate it is.

Stricter than the standard asks, since only documents of our own making are validated: one signature, in the PAdES
baseline profile, over every byte of the file but its own place, with nothing hidden beside the CMS in that place.
"""

import zlib
from binascii import unhexlify
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Final

from asn1crypto import cms, core, x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import find_unique_cms_attribute
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from townhall_crypto.card_signature import LEAST_RSA_BITS
from townhall_crypto.errors import CertificateRefusedError, DocumentRefusal, DocumentRefusedError
from townhall_crypto.trust import parse_certificate

UNREADABLE_PDF: Final = (
    PdfError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    zlib.error,
)
"""What pyHanko and asn1crypto raise on hostile bytes: a PDF may nest any type where the reader expects another."""

_DIGESTS: Final = frozenset({"sha256", "sha384", "sha512"})
_MECHANISMS: Final = frozenset({"ecdsa", "rsassa_pkcs1v15", "rsassa_pss"})


@dataclass(frozen=True, slots=True)
class InspectedSignature:
    """A signature that is by the named certificate's key over the whole file. Whether to trust that one is open."""

    certificate_der: bytes = field(repr=False)
    others_der: tuple[bytes, ...] = field(repr=False)
    """The other certificates that came with it."""
    signed_at: datetime


def signatures_of(reader: PdfFileReader) -> list[EmbeddedPdfSignature]:
    """Every signature and document timestamp in the file, in signing order."""
    return list(reader.embedded_signatures)


def inspect(untrusted_pdf: bytes) -> InspectedSignature:
    """Return the signature of the PDF; raises DocumentRefusedError with the reason."""
    try:
        reader = PdfFileReader(BytesIO(untrusted_pdf), strict=True)
        signatures = signatures_of(reader)
    except UNREADABLE_PDF:
        raise DocumentRefusedError(DocumentRefusal.UNREADABLE) from None
    if len(signatures) != 1:
        reason = DocumentRefusal.SEVERAL_SIGNATURES if signatures else DocumentRefusal.NOT_SIGNED
        raise DocumentRefusedError(reason)
    try:
        return _inspect(untrusted_pdf, signatures[0])
    except UNREADABLE_PDF:
        raise DocumentRefusedError(DocumentRefusal.NOT_PADES) from None


def _inspect(pdf: bytes, signature: EmbeddedPdfSignature) -> InspectedSignature:
    _require_whole_file(pdf, signature)
    _require_pades(signature)
    certificate = _signer_of(signature)
    _require_strong(signature, certificate.public_key.algorithm, certificate.public_key.bit_size)
    is_intact, is_valid = validate_sig_integrity(
        signature.signer_info, certificate, expected_content_type="data", actual_digest=signature.compute_digest()
    )
    if not is_valid:
        raise DocumentRefusedError(DocumentRefusal.SIGNATURE_BROKEN)
    if not is_intact:
        raise DocumentRefusedError(DocumentRefusal.CHANGED)
    return InspectedSignature(
        certificate_der=certificate.dump(),
        others_der=tuple(other.dump() for other in signature.other_embedded_certs),
        signed_at=_claimed_time(signature),
    )


def _require_whole_file(pdf: bytes, signature: EmbeddedPdfSignature) -> None:
    """The signed ranges leave out the hexadecimal string of the signature, all of it, and nothing else."""
    numbers = [int(number) for number in signature.byte_range]
    if len(numbers) != 4 or signature.reader.xrefs.hybrid_xrefs_present:
        raise DocumentRefusedError(DocumentRefusal.NOT_WHOLE_FILE)
    start, length, resume, rest = numbers
    left_out = pdf[length:resume]
    is_whole = start == 0 and 0 < length < resume and rest > 0 and resume + rest == len(pdf)
    if not is_whole or left_out[:1] != b"<" or left_out[-1:] != b">":
        raise DocumentRefusedError(DocumentRefusal.NOT_WHOLE_FILE)
    content = unhexlify(left_out[1:-1])
    padding = content[len(cms.ContentInfo.load(content).dump()) :]
    if content != signature.pkcs7_content or padding.strip(b"\x00"):
        raise DocumentRefusedError(DocumentRefusal.NOT_WHOLE_FILE)


def _require_pades(signature: EmbeddedPdfSignature) -> None:
    """ETSI EN 319 142-1 §6.3 at level B-B: subfilter, detached content, signed attributes with the ESS certificate."""
    dictionary, data = signature.sig_object, signature.signed_data
    attributes = signature.signer_info["signed_attrs"]
    is_pades = (
        signature.sig_object_type == "/Sig"
        and dictionary["/SubFilter"] == "/ETSI.CAdES.detached"
        and data["encap_content_info"]["content_type"].native == "data"
        and data["encap_content_info"]["content"].native is None
        and len(data["signer_infos"]) == 1
        and attributes is not core.VOID
    )
    if not is_pades:
        raise DocumentRefusedError(DocumentRefusal.NOT_PADES)
    for name in ("content_type", "message_digest", "signing_certificate_v2"):
        find_unique_cms_attribute(attributes, name)  # raises when there is none, or several


def _require_strong(signature: EmbeddedPdfSignature, key_algorithm: str, key_bits: int) -> None:
    digest = signature.signer_info["digest_algorithm"]["algorithm"].native
    mechanism = signature.signer_info["signature_algorithm"]
    is_strong = (
        digest in _DIGESTS
        and mechanism.signature_algo in _MECHANISMS
        and mechanism.hash_algo == digest
        and (key_algorithm != "rsa" or key_bits >= LEAST_RSA_BITS)
    )
    if not is_strong:
        raise DocumentRefusedError(DocumentRefusal.WEAK_ALGORITHM)


def _signer_of(signature: EmbeddedPdfSignature) -> x509.Certificate:
    try:
        return parse_certificate(signature.signer_cert.dump())
    except CertificateRefusedError as refused:
        raise DocumentRefusedError(DocumentRefusal.CERTIFICATE, refused.reason) from None


def _claimed_time(signature: EmbeddedPdfSignature) -> datetime:
    claimed = signature.self_reported_timestamp
    if claimed is None or claimed.tzinfo is None:
        raise DocumentRefusedError(DocumentRefusal.NOT_PADES)
    return claimed
