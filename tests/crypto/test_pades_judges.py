# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Programs that we did not write accept a signed document, and refuse it after one flipped byte.

Judges: pdfsig (poppler, with its trust in an NSS database), openssl cms -verify -cades, qpdf --check, pdffonts.
"""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import Encoding

from townhall_crypto.errors import DocumentRefusedError
from townhall_crypto.pades import validate_pdf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.crypto.conftest import CertificationAuthority

FLIPS = ("content", "instance", "title", "message digest", "certificate hash", "signature value", "update", "last byte")


@pytest.fixture(scope="module")
def trust(authority: CertificationAuthority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the root, as PEM and as an NSS database that trusts it."""
    folder = tmp_path_factory.mktemp("trust")
    (folder / "root.der").write_bytes(authority.root.der)
    (folder / "root.pem").write_bytes(authority.root.certificate.public_bytes(Encoding.PEM))
    subprocess.run(["certutil", "-N", "-d", f"sql:{folder}", "--empty-password"], check=True)
    subprocess.run(
        ["certutil", "-A", "-d", f"sql:{folder}", "-n", "root", "-t", "CT,C,C", "-i", folder / "root.der"], check=True
    )
    return folder


def pdfsig(pdf: bytes, trust: Path) -> str:
    (trust / "judged.pdf").write_bytes(pdf)
    judged = subprocess.run(
        ["pdfsig", "-nssdir", f"sql:{trust}", trust / "judged.pdf"], capture_output=True, text=True, check=False
    )
    return judged.stdout + judged.stderr


def openssl_accepts(pdf: bytes, trust: Path) -> bool:
    """Hands openssl the CMS and the bytes that the file says are signed."""
    numbers = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", pdf)
    assert numbers is not None
    first, length, resume, rest = (int(number) for number in numbers.groups())
    (trust / "content.bin").write_bytes(pdf[first : first + length] + pdf[resume : resume + rest])
    (trust / "signature.der").write_bytes(bytes.fromhex(pdf[length + 1 : resume - 1].decode()))
    judged = subprocess.run(
        [
            *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-out", "/dev/null"),
            *("-in", trust / "signature.der", "-content", trust / "content.bin", "-CAfile", trust / "root.pem"),
            *("-purpose", "any"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (judged.returncode == 0) == ("CAdES Verification successful" in judged.stderr)
    return judged.returncode == 0


def place_of(what: str, pdf: bytes) -> int:
    """The position of one byte of the named part; for what stands in the CMS, of one of its hexadecimal digits."""
    digits = pdf.rindex(b"/Contents <") + len(b"/Contents <")
    info = cms.ContentInfo.load(bytes.fromhex(pdf[digits : pdf.index(b">", digits)].decode()))
    signer_info = info["content"]["signer_infos"][0]
    attributes = {attribute["type"].native: attribute["values"][0] for attribute in signer_info["signed_attrs"]}

    def in_cms(part: bytes) -> int:
        position: int = info.dump().rindex(part)
        return digits + 2 * (position + len(part) // 2)

    places: dict[str, Callable[[], int]] = {
        "content": lambda: pdf.index(b"stream\n", pdf.index(b"/Filter/FlateDecode")) + 60,
        "instance": lambda: pdf.index(b"stream\n", pdf.index(b"/Type/EmbeddedFile")) + 20,
        "title": lambda: pdf.index(b"/Title(Change of address)") + 10,
        "message digest": lambda: in_cms(attributes["message_digest"].native),
        "certificate hash": lambda: in_cms(attributes["signing_certificate_v2"]["certs"][0]["cert_hash"].native),
        "signature value": lambda: in_cms(signer_info["signature"].native),
        "update": lambda: pdf.index(b"/TU (Signature") + 8,
        "last byte": lambda: len(pdf) - 1,
    }
    return places[what]()


def flipped(what: str, pdf: bytes) -> bytes:
    position = place_of(what, pdf)
    digit = pdf[position]
    in_contents = pdf.rindex(b"/Contents <") < position < pdf.rindex(b"/ByteRange")
    # A hexadecimal digit becomes another one: flip a bit of the byte it stands for.
    other = b"0123456789ABCDEF"[int(bytes([digit]), 16) ^ 1] if in_contents else digit ^ 1
    return pdf[:position] + bytes([other]) + pdf[position + 1 :]


def test_pdfsig_calls_the_document_valid_trusted_and_wholly_signed(signed_pdf: bytes, trust: Path) -> None:
    verdict = pdfsig(signed_pdf, trust)
    assert "Signature Validation: Signature is Valid." in verdict
    assert "Certificate Validation: Certificate is Trusted." in verdict
    assert "Total document signed" in verdict
    assert "Signature Type: ETSI.CAdES.detached" in verdict
    assert "Signing Hash Algorithm: SHA-384" in verdict


def test_openssl_calls_the_signature_cades(signed_pdf: bytes, trust: Path) -> None:
    assert openssl_accepts(signed_pdf, trust)


@pytest.mark.parametrize("what", FLIPS)
def test_everyone_refuses_after_one_flip(
    what: str, signed_pdf: bytes, trust: Path, authority: CertificationAuthority
) -> None:
    changed = flipped(what, signed_pdf)
    assert len(changed) == len(signed_pdf)
    assert sum(one != other for one, other in zip(changed, signed_pdf, strict=True)) == 1
    assert "Signature is Valid" not in pdfsig(changed, trust)
    assert not openssl_accepts(changed, trust)
    with pytest.raises(DocumentRefusedError):
        validate_pdf(changed, authority.anchors(), authority.now)


def test_the_flipped_instance_is_the_attached_one(signed_pdf: bytes) -> None:
    start = signed_pdf.index(b"stream\n", signed_pdf.index(b"/Type/EmbeddedFile")) + len(b"stream\n")
    assert signed_pdf[start:].startswith(b"<data>")
    assert start <= place_of("instance", signed_pdf) < signed_pdf.index(b"endstream", start)


def test_qpdf_finds_the_file_in_order(signed_pdf: bytes, trust: Path) -> None:
    (trust / "checked.pdf").write_bytes(signed_pdf)
    judged = subprocess.run(["qpdf", "--check", trust / "checked.pdf"], capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_every_font_is_still_embedded(signed_pdf: bytes, trust: Path) -> None:
    (trust / "fonts.pdf").write_bytes(signed_pdf)
    judged = subprocess.run(["pdffonts", trust / "fonts.pdf"], capture_output=True, text=True, check=True)
    rows = judged.stdout.splitlines()[2:]
    assert rows
    assert all(row.split()[-5:-2] == ["yes", "yes", "yes"] for row in rows)


def test_the_signed_file_still_says_that_it_is_pdfa_and_pdfua(signed_pdf: bytes) -> None:
    assert b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in signed_pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in signed_pdf
    assert signed_pdf.count(b"<?xpacket begin") == 1
