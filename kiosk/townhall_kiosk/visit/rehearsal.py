# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Does once, on nobody's data, all that a visit does with files: a locked process opens none any more.

Libraries open files when they are first asked: fonts, templates, a language's data, picture plug-ins, codecs, the time
zone. A rehearsal finds them all by going the way that a visit goes; a test under strace holds that nothing is left.
"""

import asyncio
import codecs
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding

from townhall_crypto.asice import sign_asice
from townhall_crypto.pades import sign_pdf
from townhall_forms.document import Direction, DocumentModel, Line, document_text, render_document, render_receipt
from townhall_forms.document_attachments import extract_instance
from townhall_forms.document_pictures import page_pictures
from townhall_forms.session import FormSession
from townhall_kiosk.receipt import ReceiptFacts, SignedReceipt
from townhall_kiosk.visit.closing_work import receipt_model
from townhall_kiosk.visit.surroundings import Surroundings

_CODECS: Final = ("ascii", "idna", "latin-1", "punycode", "utf-16-be", "utf-16-le", "utf-8-sig")
"""What cards, certificates and PDFs write text in."""

_LOCAL_TIME: Final = "/etc/localtime"
_YEAR: Final = timedelta(days=365)


async def rehearse(around: Surroundings, fonts: Path, now: datetime) -> bytes:
    """Load what a visit needs; return a picture of a page, for whoever draws to draw it once.

    Raises:
        DocumentFailedError: no document can be set on this machine.
    """
    _settle_time_zone()
    for name in _CODECS:
        codecs.lookup(name)
    for language, text in around.texts.items():
        text.date_time(now)
        for service in around.services:
            FormSession(service.form, language=language, now=now, prefill={}).answers()
    model = _model(around, now)
    pdf = await asyncio.to_thread(render_document, model, fonts)
    pages = await asyncio.to_thread(page_pictures, pdf)
    document_text(model, fonts)
    await _sign(pdf, now)
    await asyncio.to_thread(render_receipt, receipt_model(_receipt(now), around), fonts)
    return pages[0]


def _settle_time_zone() -> None:
    """Name the machine's time zone in the environment: libraries that find it there look into no file for it."""
    zone = os.path.realpath(_LOCAL_TIME).partition("/zoneinfo/")[2]
    if zone:
        os.environ.setdefault("TZ", zone)
        time.tzset()
        ZoneInfo(os.environ["TZ"])


def _model(around: Surroundings, now: datetime) -> DocumentModel:
    """Return a document with words of every language, so that every font is opened, in both weights."""
    text = around.text
    lines = tuple(Line(words, words) for words in _words(around).values())
    return DocumentModel(
        title=" ".join(_words(around).values()),
        language=around.language,
        direction=Direction.LEFT_TO_RIGHT,
        issuer=around.place,
        answers_title=text("document.answers"),
        question_column=text("document.question"),
        answer_column=text("document.answer"),
        answers=lines,
        signature_title=text("document.signature"),
        facts=lines,
        statement=text("document.statement"),
        page_words=text("page.of", page="{page}", pages="{pages}"),
        created=now,
        instance=b"<rehearsal/>",
        instance_description=text("document.attachment"),
    )


def _words(around: Surroundings) -> Mapping[str, str]:
    return {language: text("document.answers") for language, text in around.texts.items()}


def _receipt(now: datetime) -> SignedReceipt:
    facts = ReceiptFacts(
        number="", service="", place="", date=now.isoformat(timespec="minutes"), kiosk="", envelope="", checkpoint=""
    )
    return SignedReceipt(facts, b"")


async def _sign(pdf: bytes, now: datetime) -> None:
    """Sign with a key that lives for this call; no card, no person."""
    key = ec.generate_private_key(ec.SECP384R1())

    async def sign_digest(digest: bytes) -> bytes:
        made = key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA384())))
        r, s = utils.decode_dss_signature(made)
        return r.to_bytes(48, "big") + s.to_bytes(48, "big")

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "rehearsal")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - _YEAR)
        .not_valid_after(now.astimezone(UTC) + _YEAR)
        .sign(key, hashes.SHA384())
    )
    der = certificate.public_bytes(Encoding.DER)
    await sign_pdf(pdf, certificate=der, chain=(), sign_digest=sign_digest, signed_at=now, tooltip="rehearsal")
    files = {"document.pdf": pdf, "answers.xml": extract_instance(pdf)}
    await sign_asice(files, certificate=der, sign_digest=sign_digest, signed_at=now)
