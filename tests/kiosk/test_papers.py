# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The document that is signed and the receipt, set in every language of the kiosk."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from townhall_fonts import FONT_DIRECTORY
from townhall_forms.document import document_text, render_document, render_receipt
from townhall_forms.record import PageFacts
from townhall_kiosk.simulation.ports import StandingClock
from townhall_kiosk.visit.closing_work import receipt_model
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.form_work import FormWork
from townhall_kiosk.visit.surroundings import Surroundings

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=timezone(timedelta(hours=2)))
FONTS = Path(FONT_DIRECTORY)
ANSWERS = {
    "street": "Tamme",
    "house": "1",
    "postcode": "50403",
    "town": "Tartu",
    "from_date": "2026-11-22",
    "previous_place": "none",
    "movers": "nobody",
    "tenure": "owner",
    "declaration": "yes",
}
DATES = {"en": "November 22, 2026", "et": "22. november 2026", "fr": "22 novembre 2026", "ar": "22 نوفمبر 2026"}


@pytest.mark.parametrize("language", DATES)
def test_the_document_speaks_the_person_s_language_and_writes_its_dates(
    make_around: Callable[[str], Surroundings], make_desk: Callable[[str], Desk], language: str
) -> None:
    around, desk = make_around(language), make_desk(language)
    assert desk.form is not None
    for question in desk.form.questions():
        if (name := question.ref.rsplit("/", 1)[-1]) in ANSWERS:
            desk.form.answer(question.ref, ANSWERS[name])
    model = FormWork(desk, around, StandingClock(NOW), FONTS)._model(PageFacts("Tamme Library", NOW))
    words = "\n".join(document_text(model, FONTS))
    assert around.text("document.statement") in words
    assert DATES[language] in words
    assert render_document(model, FONTS).startswith(b"%PDF")


@pytest.mark.parametrize("language", DATES)
def test_the_receipt_is_set_in_the_person_s_language(
    make_around: Callable[[str], Surroundings], make_desk: Callable[[str], Desk], language: str
) -> None:
    around, desk = make_around(language), make_desk(language)
    assert desk.receipt is not None
    model = receipt_model(desk.receipt, around)
    assert around.text("receipt.note") in repr(model)
    assert render_receipt(model, FONTS).startswith(b"%PDF")
