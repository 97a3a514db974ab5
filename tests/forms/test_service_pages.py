# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page of every shipped service in every language, beside the picture of it that somebody looked at."""

import io
import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image, ImageChops
from tests.forms.residents import FIXTURES, LANGUAGES, SERVICES, fill_in, name_of

from townhall_fonts import FONT_DIRECTORY
from townhall_forms.document import DocumentModel, extract_instance, render_document
from townhall_forms.document_pictures import page_pictures
from townhall_forms.page import PageSigner, page_model
from townhall_forms.page_words import load_page_words
from townhall_forms.record import PageFacts
from townhall_forms.revalidate import revalidate
from townhall_forms.service import Service, load_services
from townhall_forms.session import FormSession

NOW: Final = datetime(2027, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=2)))
FACTS: Final = PageFacts("Tamme Library", NOW)
SIGNER: Final = PageSigner("MARI-LIIS", "JÕEORG", "48001080004")
GOLDEN: Final = Path(__file__).parent / "golden"
_PIXELS_PER_INCH: Final = 60
_FIRST: Final = {path.parents[1].name: path for path in reversed(FIXTURES)}
"""One resident of each service."""


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    return {service.id: service for service in load_services(SERVICES)}


def prefill() -> dict[str, str]:
    return {
        "eid:personal_code": SIGNER.personal_code,
        "eid:given_names": SIGNER.given_names,
        "eid:surname": SIGNER.surname,
        "eid:birth_date": "1980-01-08",
        "eid:sex": "F",
        "eid:citizenship": "EST",
        "eid:document_number": "AS0000000",
    }


def filled(service: Service, language: str, resident: Path) -> FormSession:
    session = FormSession(service.form, language=language, now=NOW, prefill=prefill(), randomness=bytes)
    fixture: dict[str, Any] = json.loads(resident.read_text())
    fill_in(session, fixture["answers"], NOW.date())
    assert session.problems() == ()
    return session


def model(service: Service, language: str, session: FormSession) -> DocumentModel:
    words = load_page_words(language)
    return page_model(service, words, FACTS, SIGNER, session.answers(), session.finish())


def pictures(pdf: bytes) -> list[Image.Image]:
    pages = page_pictures(pdf, pixels_per_inch=_PIXELS_PER_INCH)
    return [Image.open(io.BytesIO(page)).convert("L") for page in pages]


def golden(service: str, language: str) -> list[Path]:
    return sorted(GOLDEN.glob(f"{service}-{language}-*.png"))


def renew(service: str, language: str, pages: list[Image.Image]) -> None:
    GOLDEN.mkdir(exist_ok=True)
    for path in golden(service, language):
        path.unlink()
    for number, page in enumerate(pages, 1):
        page.save(GOLDEN / f"{service}-{language}-{number}.png", optimize=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(_FIRST))
def test_a_page_looks_as_it_did_when_somebody_looked(services: dict[str, Service], name: str, language: str) -> None:
    service = services[name]
    pages = pictures(render_document(model(service, language, filled(service, language, _FIRST[name])), FONT_DIRECTORY))
    if os.environ.get("TOWNHALL_RENEW_GOLDEN"):
        renew(name, language, pages)
    known = [Image.open(path) for path in golden(name, language)]
    assert len(known) == len(pages)
    for page, known_page in zip(pages, known, strict=True):
        assert ImageChops.difference(page, known_page).getbbox() is None


def test_there_is_a_picture_of_every_page_and_of_nothing_else(services: dict[str, Service]) -> None:
    assert sorted(_FIRST) == sorted(services)
    expected = {path for name in services for language in LANGUAGES for path in golden(name, language)}
    assert set(GOLDEN.iterdir()) == expected


@pytest.mark.parametrize("path", FIXTURES, ids=name_of)
def test_the_agency_sets_the_same_bytes_from_the_attached_answers(services: dict[str, Service], path: Path) -> None:
    service = services[path.parents[1].name]
    for language in LANGUAGES:
        session = filled(service, language, path)
        pdf = render_document(model(service, language, session), FONT_DIRECTORY)
        valid = revalidate(
            service.form, extract_instance(pdf), prefill(), NOW, language=language, record=session.record()
        )
        again = page_model(service, load_page_words(language), FACTS, SIGNER, valid.answers, valid.instance)
        assert render_document(again, FONT_DIRECTORY) == pdf
