# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""QR codes, read back by zbarimg, which is not ours."""

import subprocess
from pathlib import Path

import pypdfium2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree

from townhall_crypto.device_key import FileDeviceKey
from townhall_fonts import FONT_DIRECTORY
from townhall_forms.document import render_receipt
from townhall_kiosk.receipt import ReceiptFacts, sign_receipt, verify_receipt
from townhall_kiosk.texts import Texts
from townhall_kiosk.visit.closing_work import receipt_model
from townhall_kiosk.visit.qr import qr_png, qr_svg
from townhall_kiosk.visit.surroundings import Surroundings

KEY = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
FACTS = ReceiptFacts(
    number="4F2K-9QXT-07MB",
    service="Elukoha muutmine / تغيير العنوان",
    place="Tamme Library",
    date="2026-11-22T09:30+02:00",
    kiosk="kiosk-1",
    envelope="ab" * 32,
    checkpoint="kiosk-1/log\n3\nq83vEjRWeJA=\n\n— kiosk-1 " + "A" * 120 + "\n",
)
RECEIPT = sign_receipt(FACTS, KEY)


def read_back(picture: Path) -> str:
    done = subprocess.run(
        ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(picture)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.removesuffix("\n")


@pytest.mark.parametrize("text", ["A", RECEIPT.to_text()])
def test_an_outside_reader_reads_the_code_on_the_screen(tmp_path: Path, text: str) -> None:
    picture = tmp_path / "code.png"
    picture.write_bytes(qr_png(text))
    assert read_back(picture) == text


@pytest.mark.parametrize("language", ["en", "et", "fr", "ar"])
def test_an_outside_reader_reads_the_code_on_the_printed_receipt(tmp_path: Path, language: str) -> None:
    around = Surroundings("Tamme Library", {language: Texts(language)}, (), can_print=True, language=language)
    pdf = render_receipt(receipt_model(RECEIPT, around), Path(FONT_DIRECTORY))
    picture = tmp_path / "paper.png"
    pypdfium2.PdfDocument(pdf)[0].render(scale=300 / 72).to_pil().save(picture)
    assert verify_receipt(read_back(picture), KEY.public_der) == FACTS


def test_the_vector_code_is_an_svg_with_a_quiet_zone() -> None:
    svg = etree.fromstring(qr_svg("A"))
    assert etree.QName(svg).localname == "svg"
    assert svg.get("width") == str(21 + 2 * 4), "version 1 has 21 modules; ISO/IEC 18004 asks for 4 around them"
