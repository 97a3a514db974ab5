# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card signs a document once, and what does not verify is never handed out."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta, timezone
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from asn1crypto import cms, tsp
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko.pdf_utils.reader import PdfFileReader

from townhall_crypto.errors import (
    CardSignatureRefusedError,
    CertificateRefusedError,
    DocumentRefusal,
    DocumentRefusedError,
    ProgrammingError,
)
from townhall_crypto.pades import SignDigest, sign_pdf, validate_pdf
from townhall_forms.document_pictures import page_pictures

if TYPE_CHECKING:
    from datetime import datetime

    from tests.crypto.conftest import CertificationAuthority, Certified


def sign(
    pdf: bytes,
    signer: Certified,
    authority: CertificationAuthority,
    *,
    by: SignDigest | None = None,
    **change: datetime,
) -> bytes:
    return asyncio.run(
        sign_pdf(
            pdf,
            certificate=signer.der,
            chain=(authority.issuer.der, authority.root.der),
            sign_digest=by or signer.sign_digest,
            signed_at=change.get("signed_at", authority.now),
            tooltip="Signature",
        )
    )


def content_info(signed: bytes) -> cms.ContentInfo:
    start = signed.rindex(b"/Contents <") + len(b"/Contents <")
    return cms.ContentInfo.load(bytes.fromhex(signed[start : signed.index(b">", start)].decode()))


# Hostile cards first.


@pytest.mark.parametrize(
    "answer",
    [b"", b"\x00", b"\x00" * 96, b"\xff" * 96, b"\x01" * 95, b"\x01" * 97, b"\x01" * 64, b"\x30\x64" + b"\x01" * 100],
    ids=["nothing", "a byte", "zeros", "ones", "short", "long", "P-256", "DER"],
)
def test_a_card_that_answers_garbage_gives_no_document(
    plain_pdf: bytes, signer: Certified, authority: CertificationAuthority, answer: bytes
) -> None:
    async def broken_card(_: bytes) -> bytes:
        return answer

    with pytest.raises(CardSignatureRefusedError):
        sign(plain_pdf, signer, authority, by=broken_card)


def test_a_signature_by_another_card_gives_no_document(
    plain_pdf: bytes, signer: Certified, authority: CertificationAuthority
) -> None:
    with pytest.raises(CardSignatureRefusedError):
        sign(plain_pdf, signer, authority, by=authority.issue().sign_digest)


def test_a_signature_over_another_digest_gives_no_document(
    plain_pdf: bytes, signer: Certified, authority: CertificationAuthority
) -> None:
    async def replaying_card(_: bytes) -> bytes:
        return await signer.sign_digest(b"\x2a" * 48)

    with pytest.raises(CardSignatureRefusedError):
        sign(plain_pdf, signer, authority, by=replaying_card)


def test_a_card_that_is_pulled_out_is_told_by_its_own_error_and_asked_once(
    plain_pdf: bytes, signer: Certified, authority: CertificationAuthority
) -> None:
    class CardGoneError(Exception):
        pass

    asked = []

    async def pulled_card(digest: bytes) -> bytes:
        asked.append(digest)
        raise CardGoneError

    with pytest.raises(CardGoneError):
        sign(plain_pdf, signer, authority, by=pulled_card)
    assert len(asked) == 1


# What the card is asked.


def test_the_card_is_asked_once_for_the_digest_of_the_signed_attributes(
    plain_pdf: bytes, authority: CertificationAuthority
) -> None:
    signer = authority.issue()
    signed = sign(plain_pdf, signer, authority)
    attributes = content_info(signed)["content"]["signer_infos"][0]["signed_attrs"].untag().dump()
    assert signer.digests == [hashlib.sha384(attributes).digest()]


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_cards_on_each_curve_sign(plain_pdf: bytes, authority: CertificationAuthority, curve: ec.EllipticCurve) -> None:
    signer = authority.issue(key=ec.generate_private_key(curve))
    signed = sign(plain_pdf, signer, authority)
    assert validate_pdf(signed, authority.anchors(), authority.now).certificate.der == signer.der


def test_a_card_with_an_rsa_key_does_not_sign_documents_yet(
    plain_pdf: bytes, authority: CertificationAuthority
) -> None:
    signer = authority.issue(key=rsa.generate_private_key(public_exponent=65537, key_size=2048))
    with pytest.raises(ProgrammingError):
        sign(plain_pdf, signer, authority)


# What is signed.


def test_the_signed_file_begins_with_the_document_that_was_shown(plain_pdf: bytes, signed_pdf: bytes) -> None:
    assert signed_pdf.startswith(plain_pdf)


def test_the_signed_file_looks_as_the_document_that_was_shown(plain_pdf: bytes, signed_pdf: bytes) -> None:
    assert page_pictures(signed_pdf) == page_pictures(plain_pdf)


def test_the_update_begins_on_a_line_of_its_own(
    plain_pdf: bytes, signer: Certified, authority: CertificationAuthority
) -> None:
    without_newline = plain_pdf.rstrip(b"\n")
    assert without_newline.endswith(b"%%EOF")
    signed = sign(without_newline, signer, authority)
    assert signed[len(without_newline) : len(without_newline) + 1] == b"\n"


def test_the_signature_is_a_pades_baseline_b(signed_pdf: bytes, signer: Certified, plain_pdf: bytes) -> None:
    update = signed_pdf[len(plain_pdf) :]
    info = content_info(signed_pdf)["content"]["signer_infos"][0]
    attributes = {attribute["type"].native: attribute["values"][0] for attribute in info["signed_attrs"]}
    assert b"/SubFilter /ETSI.CAdES.detached" in update
    assert set(attributes) == {"content_type", "message_digest", "signing_certificate_v2"}
    certificate_id = tsp.SigningCertificateV2.load(attributes["signing_certificate_v2"].dump())["certs"][0]
    assert certificate_id["cert_hash"].native == hashlib.sha256(signer.der).digest()
    assert info["digest_algorithm"]["algorithm"].native == "sha384"
    assert info["signature_algorithm"]["algorithm"].native == "sha384_ecdsa"


def test_the_update_touches_nothing_but_what_the_signature_needs(plain_pdf: bytes, signed_pdf: bytes) -> None:
    update = signed_pdf[len(plain_pdf) :]
    assert not any(word in update for word in (b"/Version /2.0", b"/ISO_", b"/Producer", b"/StructElem"))
    assert b"/ESIC" in update
    assert b"/TU (Signature of the person named in the document)" in update
    assert b"/Rect [ 0 0 0 0 ]" in update


def test_the_chain_comes_with_the_signature(
    signed_pdf: bytes, signer: Certified, authority: CertificationAuthority
) -> None:
    certificates = {choice.chosen.dump() for choice in content_info(signed_pdf)["content"]["certificates"]}
    assert certificates == {signer.der, authority.issuer.der, authority.root.der}


def test_room_is_left_for_the_centres_timestamp(signed_pdf: bytes) -> None:
    start = signed_pdf.rindex(b"/Contents <") + len(b"/Contents <")
    digits = signed_pdf[start : signed_pdf.index(b">", start)]
    assert len(digits) == 16384
    assert len(digits.rstrip(b"0")) < 8192


def test_the_time_is_the_given_one_and_no_other(
    plain_pdf: bytes, signer: Certified, authority: CertificationAuthority
) -> None:
    given = (authority.now - timedelta(days=3)).astimezone(timezone(timedelta(hours=2)))
    signed = sign(plain_pdf, signer, authority, signed_at=given)
    dictionary = PdfFileReader(BytesIO(signed)).embedded_signatures[0].sig_object
    assert dictionary["/M"] == given.strftime("D:%Y%m%d%H%M%S+02'00'")
    assert validate_pdf(signed, authority.anchors(), authority.now).signed_at == given
    assert b"pyHanko" not in signed[len(plain_pdf) :]
    assert b"ModDate" not in signed[len(plain_pdf) :]


def test_a_time_without_a_zone_is_a_mistake_of_the_caller(
    plain_pdf: bytes, signer: Certified, authority: CertificationAuthority
) -> None:
    with pytest.raises(ProgrammingError):
        sign(plain_pdf, signer, authority, signed_at=authority.now.replace(tzinfo=None))


# What is not signed.


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7\n%%EOF\n", b"not a PDF"])
def test_what_is_no_pdf_is_not_signed(junk: bytes, signer: Certified, authority: CertificationAuthority) -> None:
    before = len(signer.digests)
    with pytest.raises(DocumentRefusedError) as refused:
        sign(junk, signer, authority)
    assert refused.value.reason is DocumentRefusal.UNREADABLE
    assert len(signer.digests) == before


def test_a_signed_document_is_not_signed_again(
    signed_pdf: bytes, signer: Certified, authority: CertificationAuthority
) -> None:
    with pytest.raises(DocumentRefusedError) as refused:
        sign(signed_pdf, signer, authority)
    assert refused.value.reason is DocumentRefusal.SEVERAL_SIGNATURES


def test_a_chain_that_cannot_be_read_is_not_put_into_a_document(plain_pdf: bytes, signer: Certified) -> None:
    with pytest.raises(CertificateRefusedError):
        asyncio.run(
            sign_pdf(
                plain_pdf,
                certificate=signer.der,
                chain=(b"junk",),
                sign_digest=signer.sign_digest,
                signed_at=signer.certificate.not_valid_before_utc,
                tooltip="",
            )
        )
