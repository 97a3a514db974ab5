# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A document counts as signed only whole, unchanged, once, in the baseline profile and by a trusted person."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.keys import load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from townhall_crypto.errors import CertificateRefusal, DocumentRefusal, DocumentRefusedError
from townhall_crypto.pades import sign_pdf, validate_pdf

if TYPE_CHECKING:
    from tests.crypto.conftest import CertificationAuthority, Certified


def refusal(pdf: bytes, authority: CertificationAuthority, *, at: timedelta = timedelta(0)) -> DocumentRefusedError:
    with pytest.raises(DocumentRefusedError) as refused:
        validate_pdf(pdf, authority.anchors(), authority.now + at)
    return refused.value


def flipped(pdf: bytes, position: int, bit: int = 1) -> bytes:
    return pdf[:position] + bytes([pdf[position] ^ bit]) + pdf[position + 1 :]


def place_of_signature(pdf: bytes) -> tuple[int, int]:
    """Where the hexadecimal digits of the signature begin and end."""
    start = pdf.rindex(b"/Contents <") + len(b"/Contents <")
    return start, pdf.index(b">", start)


def signed_otherwise(
    pdf: bytes, signer: Certified, *, digest: str = "sha384", subfilter: SigSeedSubFilter = SigSeedSubFilter.PADES
) -> bytes:
    """Signed as other programs do it, straight with pyHanko."""
    key = signer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    program = SimpleSigner(
        asn1_x509.Certificate.load(signer.der),
        load_private_key_from_pemder_data(key, passphrase=None),
        SimpleCertificateStore(),  # type: ignore[no-untyped-call] # pyHanko's constructor has no types
    )
    metadata = PdfSignatureMetadata("Other", md_algorithm=digest, subfilter=subfilter)
    output = asyncio.run(PdfSigner(metadata, program).async_sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf))))
    result: bytes = output.getvalue()
    return result


# Changes.


def test_a_flip_anywhere_in_the_signed_bytes_is_refused(signed_pdf: bytes, authority: CertificationAuthority) -> None:
    start, end = place_of_signature(signed_pdf)
    positions = [*range(0, start - 1, 307), *range(end + 1, len(signed_pdf), 23)]
    accepted = []
    for position in positions:
        try:
            validate_pdf(flipped(signed_pdf, position), authority.anchors(), authority.now)
            accepted.append(position)
        except DocumentRefusedError:
            continue
    assert accepted == []


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_to_a_document_it_is_refused_by_name(
    signed_pdf: bytes, authority: CertificationAuthority, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(signed_pdf) - 1))
    length = data.draw(st.integers(0, 400))
    filling = data.draw(
        st.one_of(st.binary(max_size=60), st.sampled_from([b"<<", b"[[[[", b"/Kids", b"0 0 R", b"null"]))
    )
    changed = signed_pdf[:start] + filling + signed_pdf[start + length :]
    try:
        assert validate_pdf(changed, authority.anchors(), authority.now).pdf == changed
        first, last = place_of_signature(signed_pdf)
        assert changed[:first] == signed_pdf[:first]
        assert changed[last:] == signed_pdf[last:]
    except DocumentRefusedError:
        return  # by name: anything else that is raised fails the test


@pytest.mark.parametrize("tail", [b"\n", b" ", b"\x00", b"%%EOF\n", b"1 0 obj\n<<>>\nendobj\n"])
def test_bytes_after_the_end_are_refused(signed_pdf: bytes, authority: CertificationAuthority, tail: bytes) -> None:
    reason = refusal(signed_pdf + tail, authority).reason
    assert reason in {DocumentRefusal.NOT_WHOLE_FILE, DocumentRefusal.UNREADABLE}


def test_a_later_update_is_refused_even_when_it_changes_nothing(
    signed_pdf: bytes, authority: CertificationAuthority
) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(signed_pdf))
    writer.update_root()  # type: ignore[no-untyped-call] # pyHanko has no types here
    output = BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call] # nor here
    assert refusal(output.getvalue(), authority).reason is DocumentRefusal.NOT_WHOLE_FILE


def test_a_file_cut_short_is_refused(signed_pdf: bytes, authority: CertificationAuthority) -> None:
    for length in (0, 1, 100, len(signed_pdf) // 2, len(signed_pdf) - 1):
        assert refusal(signed_pdf[:length], authority).reason in DocumentRefusal


def test_nothing_may_hide_behind_the_signature_in_its_place(
    signed_pdf: bytes, authority: CertificationAuthority
) -> None:
    _, end = place_of_signature(signed_pdf)
    hiding = signed_pdf[: end - 8] + b"cafe" + signed_pdf[end - 4 :]
    assert refusal(hiding, authority).reason is DocumentRefusal.NOT_WHOLE_FILE


def test_a_byte_range_that_leaves_more_out_is_refused(signed_pdf: bytes, authority: CertificationAuthority) -> None:
    numbers = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", signed_pdf)
    assert numbers is not None
    first, length, resume, rest = (int(number) for number in numbers.groups())
    for lie in (
        (first, length - 1, resume, rest),
        (first, length, resume + 1, rest - 1),
        (first, length, resume, rest - 1),
        (first + 1, length - 1, resume, rest),
        (first, length, length, len(signed_pdf) - length),
    ):
        text = b"/ByteRange [%d %d %d %d]" % lie
        changed = signed_pdf.replace(numbers[0], text.ljust(len(numbers[0])))
        if len(changed) == len(signed_pdf):
            assert refusal(changed, authority).reason is DocumentRefusal.NOT_WHOLE_FILE


# What counts as a signature.


def test_an_unsigned_document_is_not_signed(plain_pdf: bytes, authority: CertificationAuthority) -> None:
    assert refusal(plain_pdf, authority).reason is DocumentRefusal.NOT_SIGNED


def test_two_signatures_are_one_too_many(
    signed_pdf: bytes, signer: Certified, authority: CertificationAuthority
) -> None:
    assert refusal(signed_otherwise(signed_pdf, signer), authority).reason is DocumentRefusal.SEVERAL_SIGNATURES


def test_a_signature_in_the_old_profile_is_not_pades(
    plain_pdf: bytes, signer: Certified, authority: CertificationAuthority
) -> None:
    old = signed_otherwise(plain_pdf, signer, subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    assert refusal(old, authority).reason is DocumentRefusal.NOT_PADES


@pytest.mark.parametrize("digest", ["sha1", "sha224"])
def test_weak_digests_are_refused(
    plain_pdf: bytes, authority: CertificationAuthority, signer: Certified, digest: str
) -> None:
    weak = signed_otherwise(plain_pdf, signer, digest=digest)
    assert refusal(weak, authority).reason is DocumentRefusal.WEAK_ALGORITHM


def test_a_short_rsa_key_is_refused_and_a_long_one_is_not(plain_pdf: bytes, authority: CertificationAuthority) -> None:
    short = authority.issue(key=rsa.generate_private_key(public_exponent=65537, key_size=1024))  # noqa: S505 - that is the point
    good = authority.issue(key=rsa.generate_private_key(public_exponent=65537, key_size=3072))
    assert refusal(signed_otherwise(plain_pdf, short), authority).reason is DocumentRefusal.WEAK_ALGORITHM
    signed = signed_otherwise(plain_pdf, good)
    assert validate_pdf(signed, authority.anchors(), authority.now).certificate.der == good.der


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7", b"%PDF-1.7\nxref\n0 0\ntrailer<<>>\nstartxref\n9\n%%EOF\n"])
def test_what_is_no_pdf_is_unreadable(junk: bytes, authority: CertificationAuthority) -> None:
    assert refusal(junk, authority).reason in {DocumentRefusal.UNREADABLE, DocumentRefusal.NOT_SIGNED}


# Whose certificate it is.


def test_a_document_says_who_signed_it(signed_pdf: bytes, authority: CertificationAuthority) -> None:
    document = validate_pdf(signed_pdf, authority.anchors(), authority.now)
    assert document.pdf == signed_pdf
    assert document.covers_whole_file
    assert document.certificate.subject.personal_code == "38001085718"
    assert not document.certificate.revocation_checked


def test_a_document_is_validated_at_the_given_time(signed_pdf: bytes, authority: CertificationAuthority) -> None:
    refused = refusal(signed_pdf, authority, at=timedelta(days=101))
    assert (refused.reason, refused.certificate_reason) == (DocumentRefusal.CERTIFICATE, CertificateRefusal.EXPIRED)


@pytest.mark.parametrize(
    ("usages", "reason"),
    [
        (("digital_signature", "key_agreement"), CertificateRefusal.WRONG_USAGE),
        (("content_commitment",), None),
    ],
)
def test_the_certificate_for_logging_in_signs_no_documents(
    plain_pdf: bytes, authority: CertificationAuthority, usages: tuple[str, ...], reason: CertificateRefusal | None
) -> None:
    signer = authority.issue(usages=usages)
    signed = asyncio.run(
        sign_pdf(
            plain_pdf,
            certificate=signer.der,
            chain=(),
            sign_digest=signer.sign_digest,
            signed_at=authority.now,
            tooltip="Signature",
        )
    )
    if reason is None:
        assert validate_pdf(signed, authority.anchors(), authority.now).certificate.der == signer.der
    else:
        assert refusal(signed, authority).certificate_reason is reason


def test_a_document_signed_under_another_authority_is_untrusted_although_it_brings_its_chain(
    signed_pdf: bytes, authority: CertificationAuthority
) -> None:
    other = type(authority)()
    assert refusal(signed_pdf, other).certificate_reason is CertificateRefusal.UNTRUSTED


def test_a_revoked_card_signs_nothing(signed_pdf: bytes, signer: Certified, authority: CertificationAuthority) -> None:
    listed = authority.revocation_list(authority.issuer, [signer.der])
    with pytest.raises(DocumentRefusedError) as refused:
        validate_pdf(signed_pdf, authority.anchors(listed), authority.now)
    assert refused.value.certificate_reason is CertificateRefusal.REVOKED
