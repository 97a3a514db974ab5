# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole visits: a person, a real simulated card, a hand-turned clock, and everything of the product in between."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine

import pytest

from townhall_crypto.pades import validate_pdf
from townhall_crypto.recipients import RecipientPrivateKey
from townhall_crypto.sealed import open_sealed
from townhall_forms.transaction import Transaction
from townhall_kiosk import states as at
from townhall_kiosk.errors import (
    PaperJamError,
    PaperOutError,
    PrintAbortedError,
    PrintEndlessError,
    PrinterOffError,
    PrinterOpenError,
    PrintError,
    PrinterSupplyError,
    PrintRefusedError,
)
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import (
    WAY,
    answer_all,
    begin,
    finish,
    get_receipt,
    go,
    sign,
    take_card,
)
from townhall_kiosk.states import Outcome, Paper
from townhall_kiosk.visit.desk import Desk
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_ui import screens

MakeVisit = Callable[[at.State | None], SimulatedVisit]
Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]


def assert_nothing_is_left(visit: SimulatedVisit) -> None:
    assert visit.desk == Desk()
    assert "ÕISPUU" not in repr(visit.screen)


@pytest.mark.parametrize("language", ["en", "et", "fr", "ar"])
def test_a_visit_leads_from_the_card_to_a_sealed_form_and_a_receipt(
    play: Play, card: EstonianCard, pki: TestPki, recipient: RecipientPrivateKey, language: str
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await begin(visit, card, language)
        for step in WAY[1 : WAY.index(get_receipt) + 1]:
            await step(visit, card)
        screen = visit.screen
        assert isinstance(screen, screens.ReceiptScreen)
        assert screen.frame.language == language
        (sealed,) = visit.outbox.sealed
        transaction = Transaction.from_bytes(open_sealed(sealed, recipient).payload)
        assert (transaction.service, transaction.language) == ("change-of-address", language)
        signed = validate_pdf(transaction.document, pki.trust_anchors, visit.clock.now())
        assert signed.certificate.subject.personal_code == KADRI.personal_code
        assert dict(transaction.provenance)["/data/person/surname"] == "eid:surname"
        await finish(visit, card)
        await take_card(visit, card)
        assert_nothing_is_left(visit)
        visit.timer.pass_time(5)
        await visit.until(at.Ended)
        assert visit.told == ["left", Outcome.STORED]
        assert {each.frame.language for each in visit.display.screens[1:]} == {language}, "kept to the end"

    play(scene)


def test_a_new_visit_speaks_the_kiosk_s_own_language_again(make_visit: MakeVisit, card: EstonianCard) -> None:
    """The choice ends with the process; a visit is a new one."""

    async def stage() -> None:
        async with make_visit(None) as visit:
            await begin(visit, card, "ar")
        async with make_visit(None) as visit:
            assert visit.screen.frame.language == "en"

    asyncio.run(stage())


def test_a_card_may_come_before_the_language(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        visit.insert(card)
        await visit.until(at.ChoosingLanguage)
        visit.press(screens.Chose("ar"))
        await visit.until(at.EnteringPin)
        assert visit.screen.frame.language == "ar"

    play(scene)


def test_a_card_that_leaves_before_the_language_leaves_nobody(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        visit.insert(card)
        await visit.until(at.ChoosingLanguage)
        visit.remove()
        await visit.until(at.Arrived)
        visit.timer.pass_time(60)
        await visit.until(at.StillThere)
        visit.timer.pass_time(20)
        await visit.until(at.Ended)

    play(scene)


def test_a_form_that_cannot_be_stored_is_told_as_not_sent(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        visit.outbox.refusal = "TH-SYNC-020"
        await go(visit, card, until=sign)
        visit.outbox.is_open.set()
        assert await visit.until(at.OutOfService) == at.OutOfService("TH-SYNC-020", card_is_in=True)
        assert_nothing_is_left(visit)
        assert visit.around.text("fault.nothing-sent") in repr(visit.screen)
        visit.remove()
        await visit.settle()
        visit.timer.pass_time(60)
        await visit.until(at.Ended)
        assert visit.told == ["left", Outcome.NOTHING_SENT]

    play(scene)


def test_the_receipt_is_printed_as_often_as_asked(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=get_receipt)
        for count in (1, 2):
            visit.press(screens.Chose("print"))
            await visit.printed(count)
            assert visit.state == at.ShowingReceipt(card_is_in=True, paper=Paper.PRINTED)
        assert all(sheet.startswith(b"%PDF") for sheet in visit.printer.sheets)
        assert all(KADRI.surname.encode() not in sheet for sheet in visit.printer.sheets)

    play(scene)


def test_whoever_prints_and_leaves_in_one_moment_still_gets_the_paper(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=get_receipt)
        visit.press(screens.Chose("print"), screens.Proceeded())
        await visit.until(at.TakingCard)
        await visit.printed(1)
        assert_nothing_is_left(visit)

    play(scene)


def test_a_visit_is_not_over_before_the_paper_that_was_asked_for(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=get_receipt)
        visit.press(screens.Chose("print"), screens.Proceeded())
        await visit.until(at.TakingCard)
        visit.remove()
        await visit.until(at.Thanked)
        visit.press(screens.Active())
        await visit.until(at.Ended)
        early = (list(visit.told), len(visit.printer.sheets))
        assert early in ((["left"], 0), (["left", at.Outcome.STORED], 1))
        await visit.printed(1)
        assert visit.told == ["left", at.Outcome.STORED]

    play(scene)


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (PrintError, "receipt.failed"),
        (PaperOutError, "receipt.no-paper"),
        (PrinterOpenError, "receipt.printer-open"),
        (PaperJamError, "receipt.jammed"),
        (PrinterOffError, "receipt.printer-off"),
        (PrinterSupplyError, "receipt.failed"),
        (PrintRefusedError, "receipt.failed"),
        (PrintAbortedError, "receipt.failed"),
        (PrintEndlessError, "receipt.failed"),
    ],
)
def test_a_printers_trouble_is_told_and_the_receipt_can_be_asked_again(
    play: Play, card: EstonianCard, trouble: type[PrintError], told: str
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=get_receipt)
        visit.printer.trouble = trouble.code
        visit.press(screens.Chose("print"))
        await visit.printed(1)
        assert visit.around.text(told) in repr(visit.screen)
        visit.printer.trouble = ""
        visit.press(screens.Chose("print"))
        await visit.printed(2)
        assert visit.around.text("receipt.printed") in repr(visit.screen)
        assert len(visit.printer.sheets) == 1
        await finish(visit, card)
        assert visit.state == at.TakingCard(Outcome.STORED)

    play(scene)


def test_the_line_may_come_and_go_on_every_screen(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        for step in WAY:
            await step(visit, card)
            for is_up in (False, True):
                visit.line_changed(is_up=is_up)
                assert visit.around.text("status.line-up" if is_up else "status.line-down") in visit.screen.frame.status

    play(scene)


def test_the_same_screen_is_not_shown_twice(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card)
        shown = visit.display.screens
        assert all(one != other for one, other in itertools.pairwise(shown))

    play(scene)


@pytest.mark.parametrize("way_out", ["read", "waited"])
def test_how_the_visit_before_ended_is_told_until_read_or_for_a_minute(make_visit: MakeVisit, way_out: str) -> None:
    async def stage() -> None:
        async with make_visit(at.PreviousEnded("4F2K-9QXT-07MB")) as visit:
            assert "4F2K-9QXT-07MB" in repr(visit.screen)
            if way_out == "read":
                visit.press(screens.Proceeded())
            else:
                visit.timer.pass_time(60)
            await visit.until(at.Attract)
            assert visit.told == ["dismissed"]
            assert "4F2K" not in repr(visit.screen)

    asyncio.run(stage())


def test_a_card_that_was_in_all_the_time_is_seen_once_that_is_read(make_visit: MakeVisit, card: EstonianCard) -> None:
    async def stage() -> None:
        async with make_visit(at.PreviousEnded(None)) as visit:
            visit.insert(card)
            await visit.settle()
            assert isinstance(visit.state, at.PreviousEnded)
            visit.press(screens.Proceeded())
            await visit.until(at.ChoosingLanguage)

    asyncio.run(stage())


def test_a_closed_kiosk_tells_the_news_first_and_then_serves_nobody(make_visit: MakeVisit, card: EstonianCard) -> None:
    async def stage() -> None:
        async with make_visit(at.PreviousEnded(None, closed="TH-SYNC-020")) as visit:
            visit.insert(card)
            visit.press(screens.Proceeded())
            assert (await visit.until(at.OutOfService)).code == "TH-SYNC-020"
            assert visit.told == ["dismissed"]

    asyncio.run(stage())


def test_a_closed_kiosk_says_so_and_serves_nobody(make_visit: MakeVisit, card: EstonianCard) -> None:
    async def stage() -> None:
        async with make_visit(at.OutOfService("TH-SYNC-020", card_is_in=False)) as visit:
            visit.insert(card)
            visit.press(screens.Chose("en"), screens.Proceeded(), screens.Stopped())
            await visit.settle()
            assert isinstance(visit.state, at.AtCounter), "a card is looked at, for it may be one of staff"
            assert isinstance(visit.screen, screens.MessageScreen)
            visit.remove()
            assert isinstance(await visit.until(at.OutOfService), at.OutOfService)
            visit.timer.pass_time(60)
            await visit.until(at.Ended)

    asyncio.run(stage())


def test_an_error_that_nobody_foresaw_comes_out_of_the_loop(make_visit: MakeVisit, card: EstonianCard) -> None:
    """On a kiosk the loop's handler ends the process then; here the simulated visit tells."""

    async def stage() -> None:
        async with make_visit(None) as visit:
            await go(visit, card, until=answer_all)
            visit.around.texts = {}
            visit.press(screens.Proceeded())
            await visit.settle()

    with pytest.raises((AssertionError, KeyError)):
        asyncio.run(stage())
