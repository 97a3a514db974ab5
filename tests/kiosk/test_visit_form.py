# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The form in a visit: answers refused and mended, back, change, and the document made of them."""

from collections.abc import Callable, Coroutine

from townhall_kiosk import states as at
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import (
    ANSWERS,
    answer_all,
    choose_service,
    enter_pin2,
    get_document,
    get_receipt,
    go,
    go_on_to_sign,
    sign,
)
from townhall_kiosk.visit.asking import asked_questions
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_ui import screens

MakeVisit = Callable[[at.State | None], SimulatedVisit]
Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]


def test_a_refused_answer_is_told_kept_and_mended(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=choose_service)
        while visit.question() != "postcode":
            await visit.answer(ANSWERS.get(visit.question(), ""))
        await visit.answer("504 03")
        screen = visit.screen
        assert isinstance(screen, screens.QuestionScreen)
        assert screen.value == "504 03"
        assert screen.problem == "Enter the five digits of the postcode."
        await visit.answer("50403")
        assert visit.question() == "town"
        await visit.answer("")
        assert isinstance(visit.screen, screens.QuestionScreen)
        assert visit.screen.problem
        await visit.answer("Tartu")
        assert visit.question() == "from_date"
        assert isinstance(visit.screen, screens.QuestionScreen)
        assert visit.screen.problem == ""

    play(scene)


def test_back_leads_through_the_questions_to_the_services_and_answers_stay(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=choose_service)
        await visit.answer("Tamme puiestee")
        visit.press(screens.WentBack())
        await visit.settle()
        assert isinstance(visit.screen, screens.QuestionScreen)
        assert visit.screen.value == "Tamme puiestee"
        visit.press(screens.WentBack())
        await visit.until(at.ChoosingService)

    play(scene)


def test_an_answer_and_a_step_back_in_one_moment_stay_in_step(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=choose_service)
        await visit.answer("Tamme puiestee")
        visit.press(screens.Answered("12"), screens.WentBack())
        await visit.settle()
        assert visit.question() == "street"

    play(scene)


def test_one_answer_is_changed_from_the_review(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=answer_all)
        await change(visit, "town")
        assert visit.question() == "town"
        await visit.answer("Elva")
        assert isinstance(visit.state, at.Reviewing)
        assert "Elva" in repr(visit.screen)

    play(scene)


async def change(visit: SimulatedVisit, name: str) -> None:
    assert visit.desk.form is not None
    ref = next(asked.ref for asked in asked_questions(visit.desk.form) if asked.ref.endswith(f"/{name}"))
    visit.press(screens.AskedToChange(ref))
    await visit.until(at.Answering)


def test_a_change_that_opens_a_question_asks_it_before_the_review(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=answer_all)
        await change(visit, "previous_place")
        await visit.answer("country")
        assert visit.question() == "previous_address"
        await visit.answer("Pikk 7, Tallinn")
        assert isinstance(visit.state, at.Reviewing)

    play(scene)


def test_a_question_left_open_is_asked_again_before_the_document_is_made(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=answer_all)
        await change(visit, "previous_place")
        await visit.answer("country")
        visit.press(screens.WentBack())
        await visit.until(at.Reviewing)
        visit.press(screens.Proceeded())
        await visit.until(at.Answering)
        assert visit.question() == "previous_address"
        await visit.answer("Pikk 7, Tallinn")
        visit.press(screens.Proceeded())
        await visit.until(at.ReadingDocument)

    play(scene)


def test_what_is_shown_before_signing_is_what_is_signed(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=get_document)
        screen = visit.screen
        assert isinstance(screen, screens.DocumentScreen)
        assert visit.desk.document is not None
        unsigned = visit.desk.document.unsigned
        assert screen.pages == visit.desk.document.pages
        assert all(page.startswith(b"\x89PNG") for page in screen.pages)
        assert "Tamme puiestee 12, 50403 Tartu" in " ".join(screen.text.split())
        await go_on_to_sign(visit, card)
        await enter_pin2(visit, card)
        await sign(visit, card)
        assert visit.desk.document.signed is not None
        assert visit.desk.document.signed.startswith(unsigned)
        await get_receipt(visit, card)

    play(scene)
