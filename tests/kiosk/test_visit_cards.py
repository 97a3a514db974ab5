# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards in a visit: none, several, wrong ones, exchanged, pulled, silent."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

import pytest

from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.simulation.visit import FIRST, SECOND, SimulatedVisit
from townhall_kiosk.simulation.way import (
    WAY,
    answer_all,
    be_identified,
    be_read,
    begin,
    choose_service,
    get_document,
    get_receipt,
    go,
    go_on_to_document,
    go_on_to_sign,
)
from townhall_kiosk.visit.desk import Desk
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys, CertifiedKey
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI
from townhall_smartcard.simulation.faulty_card import DeadCard, FaultyCard
from townhall_smartcard.simulation.pki import Standing, TestPki
from townhall_smartcard.simulation.vpcd import VirtualCard
from townhall_ui import screens

MakeVisit = Callable[[at.State | None], SimulatedVisit]
Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]


class OtherCard:
    """A card with some ATR that knows no command."""

    def __init__(self, atr: str) -> None:
        self.atr = bytes.fromhex(atr)

    def transmit(self, command: RawCommand) -> bytes:  # noqa: ARG002  # the shape of every card
        return b"\x6d\x00"

    def reset(self) -> None:
        pass


def assert_nothing_is_left(visit: SimulatedVisit) -> None:
    assert visit.desk == Desk()
    assert "ÕISPUU" not in repr(visit.screen)


@dataclass
class Somebody:
    """Whoever is meant to put a card in: the card, and what becomes of it."""

    card: Callable[[TestPki, CardKeys], VirtualCard]
    problem: CardProblem


def _keys_of(pki: TestPki, standing: Standing) -> EstonianCard:
    return EstonianCard(KADRI, pki.issue_card_keys(KADRI, standing))


def _copied(pki: TestPki, keys: CardKeys) -> EstonianCard:
    """A card with another's certificate, whose key it does not have."""
    stranger = pki.issue_card_keys(KADRI).authentication
    return EstonianCard(
        KADRI, CardKeys(CertifiedKey(stranger.private_key, keys.authentication.certificate), keys.signature)
    )


AT_ONCE = {
    "with a known ATR and nothing behind it": Somebody(
        lambda _pki, _keys: OtherCard("3BDB960080B1FE451F830012428F536549440F900020"), CardProblem.UNREADABLE
    ),
    "of unknown kind": Somebody(lambda _pki, _keys: OtherCard("3B8201AABB"), CardProblem.UNSUPPORTED),
    "too old": Somebody(lambda _pki, _keys: OtherCard("3BFA1800008031FE45FE654944202F20504B4903"), CardProblem.TOO_OLD),
    "dead": Somebody(lambda _pki, _keys: DeadCard(), CardProblem.DEAD),
    "mute while it is read": Somebody(
        lambda _pki, keys: FaultyCard(EstonianCard(KADRI, keys)).mute_after(8), CardProblem.MUTE
    ),
    "talking nonsense": Somebody(
        lambda _pki, keys: FaultyCard(EstonianCard(KADRI, keys)).answer(3, b"\x6f\x00"), CardProblem.UNREADABLE
    ),
    "expired": Somebody(lambda pki, _keys: _keys_of(pki, Standing.EXPIRED), CardProblem.EXPIRED),
    "revoked": Somebody(lambda pki, _keys: _keys_of(pki, Standing.REVOKED), CardProblem.REVOKED),
    "not valid yet": Somebody(lambda pki, _keys: _keys_of(pki, Standing.FUTURE), CardProblem.NOT_YET_VALID),
    "by an unknown issuer": Somebody(lambda _pki, _keys: _keys_of(TestPki(), Standing.GOOD), CardProblem.UNTRUSTED),
}
AFTER_PIN1 = {
    "with another person's file": Somebody(lambda _pki, keys: EstonianCard(JUHAN, keys), CardProblem.INCONSISTENT),
    "with another person's signature key": Somebody(
        lambda pki, keys: EstonianCard(KADRI, CardKeys(keys.authentication, pki.issue_card_keys(JUHAN).signature)),
        CardProblem.INCONSISTENT,
    ),
    "copied": Somebody(_copied, CardProblem.PROOF_FAILED),
}


@pytest.mark.parametrize("what", AT_ONCE)
def test_a_card_that_cannot_be_used_is_refused_by_its_reason_and_the_next_one_is_served(
    play: Play, pki: TestPki, kadri_keys: CardKeys, card: EstonianCard, what: str
) -> None:
    suspect = AT_ONCE[what].card(pki, kadri_keys)

    async def scene(visit: SimulatedVisit) -> None:
        await begin(visit, card)
        visit.insert(suspect)
        assert await visit.until(at.CardRefused) == at.CardRefused(AT_ONCE[what].problem)
        assert_nothing_is_left(visit)
        await visit.settle()
        visit.remove()
        await visit.until(at.WaitingForCard)
        visit.insert(card)
        await visit.until(at.EnteringPin)

    play(scene)


@pytest.mark.parametrize("what", AFTER_PIN1)
def test_a_card_that_is_not_to_be_trusted_opens_nothing(
    play: Play, pki: TestPki, kadri_keys: CardKeys, what: str
) -> None:
    suspect = AFTER_PIN1[what].card(pki, kadri_keys)

    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, suspect, until=be_read)
        visit.enter_pin("1234")
        assert await visit.until(at.CardRefused) == at.CardRefused(AFTER_PIN1[what].problem)
        assert_nothing_is_left(visit)

    play(scene)


def test_of_two_cards_none_is_picked_silently(play: Play, card: EstonianCard, juhan_keys: CardKeys) -> None:
    other = EstonianCard(JUHAN, juhan_keys)

    async def scene(visit: SimulatedVisit) -> None:
        visit.insert(card)
        visit.insert(other, SECOND)
        await visit.until(at.ChoosingLanguage)
        visit.press(screens.Chose("en"))
        await visit.until(at.SeveralCards)
        visit.remove(SECOND)
        await visit.until(at.EnteringPin)
        assert visit.desk.contents is not None
        assert visit.desk.contents.stated.surname == KADRI.surname

    play(scene)


def test_a_second_card_during_a_visit_changes_nothing_and_is_no_way_out(
    play: Play, card: EstonianCard, juhan_keys: CardKeys
) -> None:
    other = EstonianCard(JUHAN, juhan_keys)

    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_identified)
        visit.insert(other, SECOND)
        await visit.settle()
        assert isinstance(visit.state, at.ChoosingService)
        visit.remove()
        await visit.until(at.StoppedEarly)

    play(scene)


def test_a_good_card_beside_a_refused_one_is_served_once_that_is_out(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await begin(visit, card)
        visit.insert(DeadCard())
        await visit.until(at.CardRefused)
        visit.insert(card, SECOND)
        await visit.settle()
        visit.remove()
        assert (await visit.until(at.EnteringPin)).reader == SECOND

    play(scene)


def test_a_card_exchanged_in_one_moment_is_never_taken_for_the_first(
    play: Play, card: EstonianCard, juhan_keys: CardKeys
) -> None:
    other = EstonianCard(JUHAN, juhan_keys)

    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_identified)
        visit.remove()
        visit.insert(other)
        await visit.until(at.StoppedEarly)
        assert_nothing_is_left(visit)

    play(scene)


def test_a_reader_that_is_unplugged_is_a_card_taken_out(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_identified)
        visit.cards.unplug(FIRST)
        await visit.until(at.StoppedEarly)

    play(scene)


def test_without_any_reader_the_person_is_told(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await begin(visit, card)
        visit.cards.unplug(FIRST)
        visit.cards.unplug(SECOND)
        await visit.settle()
        assert visit.around.text("insert-card.no-reader") in repr(visit.screen)

    play(scene)


def test_a_card_that_falls_silent_while_signing_costs_the_visit_and_not_the_kiosk(
    play: Play, card: EstonianCard
) -> None:
    silent = FaultyCard(card)

    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, silent, until=go_on_to_sign)
        silent.mute_after(silent.commands + 4)
        visit.enter_pin("12345")
        assert await visit.until(at.CardRefused) == at.CardRefused(CardProblem.MUTE)
        assert_nothing_is_left(visit)
        assert visit.outbox.sealed == []
        await visit.settle()
        visit.remove()
        await visit.until(at.WaitingForCard)
        visit.insert(card)
        await visit.until(at.EnteringPin)

    play(scene)


def test_a_card_process_that_ends_between_two_operations_is_not_noticed(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=answer_all)
        visit.cards.end()
        await visit.settle()
        for step in WAY[WAY.index(go_on_to_document) : WAY.index(get_receipt) + 1]:
            await step(visit, card)

    play(scene)


async def play_pulled_at(make_visit: MakeVisit, keys: CardKeys, command: int) -> type[at.State]:
    """Go as far as a card goes that is pulled at one command; return where that led."""
    card = FaultyCard(EstonianCard(KADRI, keys)).tear(command)
    async with make_visit(None) as visit:
        await begin(visit, card)
        visit.insert(card)
        await visit.settle()
        if isinstance(visit.state, at.EnteringPin):
            visit.enter_pin("1234")
            await visit.settle()
        if isinstance(visit.state, at.ChoosingService):
            await choose_service(visit, card)
            await answer_all(visit, card)
            await go_on_to_document(visit, card)
            await get_document(visit, card)
            await go_on_to_sign(visit, card)
            visit.enter_pin("12345")
            while not isinstance(visit.state, at.ShowingReceipt | at.StoppedEarly):
                visit.display.changed.clear()
                await asyncio.wait_for(visit.display.changed.wait(), 30)
        assert all(not any(pin) for pin in visit.pins)
        assert len(visit.outbox.sealed) == isinstance(visit.state, at.ShowingReceipt)
        return type(visit.state)


def test_a_card_pulled_at_any_command_stops_the_visit_and_sends_nothing(
    make_visit: MakeVisit, kadri_keys: CardKeys
) -> None:
    async def stage() -> None:
        led: list[type[at.State]] = [at.StoppedEarly]
        while led[-1] is at.StoppedEarly:
            led.append(await play_pulled_at(make_visit, kadri_keys, len(led)))
        assert led[-1] is at.ShowingReceipt, "pulled later than its last command"
        assert len(led) > 30

    asyncio.run(stage())
