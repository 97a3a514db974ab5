# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Documents with a chip as every ``Cards`` opens them: a locked card process on real PC/SC, and in process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from functools import cache

import pytest

from townhall_kiosk.ports import Cards
from townhall_smartcard.emrtd.access import AccessProtocol
from townhall_smartcard.emrtd.lds.biometrics import parse_dg2
from townhall_smartcard.emrtd.lds.mrz import parse_dg1, parse_mrz
from townhall_smartcard.emrtd.messages import DocumentClosed, DocumentOpened
from townhall_smartcard.emrtd.pace import PacePassword, PasswordReference
from townhall_smartcard.emrtd.session import ChipVerdict
from townhall_smartcard.messages import CardFamily, Failed, Failure, ReadersChanged
from townhall_smartcard.simulation import lds_files, states
from townhall_smartcard.simulation.documents import ACCESS_NUMBER, DocumentWish, document
from townhall_smartcard.simulation.emrtd_chip import EmrtdChip
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.faulty_card import DeadCard, FaultyCard
from townhall_smartcard.simulation.lds_files import Holder
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.simulated_cards import SimulatedCards
from townhall_smartcard.simulation.stack import card_process, virtual_reader_name
from townhall_smartcard.simulation.state_keys import CurveStateKey
from townhall_smartcard.simulation.states import Standing
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader

PICTURE = b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x50\x00\x3c" + bytes(40_000)
_PATIENCE_S = 60


@cache
def signer() -> Standing:
    return states.document_signer(states.authority(CurveStateKey("secp256r1")), CurveStateKey("secp256r1"))


def made(**changes: object) -> EmrtdChip:
    wish = DocumentWish(signer(), own_name="Eriksson<<Anna", picture=PICTURE)
    return EmrtdChip(document(replace(wish, **changes)))  # type: ignore[arg-type]  # fields by name


def zone_password(holder: Holder | None = None) -> PacePassword:
    return parse_mrz(lds_files.td1(holder or Holder())).password()


@dataclass
class Table:
    """One reader."""

    cards: Cards
    insert: Callable[[VirtualCard], None]
    reader: str

    async def lay(self, card: VirtualCard, family: CardFamily = CardFamily.FOREIGN) -> None:
        self.insert(card)
        while True:
            event = await self.cards.next_event()
            if isinstance(event, ReadersChanged) and any(
                each.name == self.reader and each.card is family for each in event.readers
            ):
                return


Play = Callable[[Callable[[Table], Coroutine[object, object, None]]], None]


@pytest.fixture(scope="module")
def service() -> Iterator[PrivatePcscd]:
    with PrivatePcscd(slots=1) as running:
        yield running


@contextlib.asynccontextmanager
async def in_process(_request: pytest.FixtureRequest) -> AsyncIterator[Table]:
    cards = SimulatedCards("Reader A")
    yield Table(cards, lambda card: cards.insert("Reader A", card), "Reader A")


@contextlib.asynccontextmanager
async def card_process_of(request: pytest.FixtureRequest) -> AsyncIterator[Table]:
    service: PrivatePcscd = request.getfixturevalue("service")
    with VirtualReader(None, "127.0.0.1", service.ports[0]) as reader:
        async with card_process(service.environment, deadline_s=3) as running:
            yield Table(running.client, reader.insert, virtual_reader_name(0))


@pytest.fixture(params=[in_process, card_process_of], ids=["in process", "card process"])
def play(request: pytest.FixtureRequest) -> Play:
    def run(scene: Callable[[Table], Coroutine[object, object, None]]) -> None:
        async def stage() -> None:
            async with request.param(request) as table:
                for _how_things_are in range(2):
                    await table.cards.next_event()
                await asyncio.wait_for(scene(table), _PATIENCE_S)

        asyncio.run(stage())

    return run


@pytest.mark.parametrize("protocol", [AccessProtocol.PACE, AccessProtocol.BAC])
def test_a_document_opens_with_its_zone_and_gives_all_that_it_has(play: Play, protocol: AccessProtocol) -> None:
    async def scene(table: Table) -> None:
        await table.lay(made() if protocol is AccessProtocol.PACE else made(offers=()))
        password = zone_password()
        opened = await table.cards.open_document(table.reader, password)
        assert isinstance(opened, DocumentOpened)
        assert not any(password.secret), "wiped"
        found = opened.document
        assert found.protocol is protocol
        assert found.read.chip is ChipVerdict.PROVED
        groups = found.read.document.untrusted_groups
        assert parse_dg1(groups[1]).surname == "ERIKSSON"
        assert parse_dg2(groups[2]).pictures[0].content == PICTURE
        assert set(groups) == {1, 2, 11, 14}
        assert found.commands > 10
        assert "ERIKSSON" not in repr(opened)

    play(scene)


def test_a_document_opens_with_its_access_number(play: Play) -> None:
    async def scene(table: Table) -> None:
        await table.lay(made())
        password = PacePassword(PasswordReference.CAN, bytearray(ACCESS_NUMBER))
        assert isinstance(await table.cards.open_document(table.reader, password), DocumentOpened)
        assert not any(password.secret)

    play(scene)


def test_another_documents_zone_opens_nothing_and_the_right_one_does_afterwards(play: Play) -> None:
    async def scene(table: Table) -> None:
        await table.lay(made())
        other = zone_password(Holder(document_number="X11111111"))
        closed = await table.cards.open_document(table.reader, other)
        assert closed == DocumentClosed(closed.request)
        assert isinstance(await table.cards.open_document(table.reader, zone_password()), DocumentOpened)

    play(scene)


def test_a_chip_that_knows_its_zone_alone_says_so(play: Play) -> None:
    async def scene(table: Table) -> None:
        await table.lay(made(offers=()))
        password = PacePassword(PasswordReference.CAN, bytearray(ACCESS_NUMBER))
        closed = await table.cards.open_document(table.reader, password)
        assert closed == DocumentClosed(closed.request, wants_zone=True)

    play(scene)


def test_a_card_without_a_documents_chip_is_no_document(play: Play) -> None:
    keys: CardKeys = TestPki().issue_card_keys(KADRI)

    async def scene(table: Table) -> None:
        await table.lay(EstonianCard(KADRI, keys), CardFamily.ESTEID_2018)
        outcome = await table.cards.open_document(table.reader, zone_password())
        assert isinstance(outcome, Failed)
        assert outcome.failure in {Failure.CARD_UNSUPPORTED, Failure.CARD_UNREADABLE}

    play(scene)


def test_a_card_without_a_sign_of_life_and_an_empty_reader_are_told(play: Play) -> None:
    async def scene(table: Table) -> None:
        empty = await table.cards.open_document(table.reader, zone_password())
        assert empty == Failed(empty.request, Failure.CARD_REMOVED)
        await table.lay(DeadCard(), CardFamily.DEAD)
        dead = await table.cards.open_document(table.reader, zone_password())
        assert dead == Failed(dead.request, Failure.CARD_UNSUPPORTED)

    play(scene)


def test_a_document_taken_away_in_the_middle_is_told(play: Play) -> None:
    async def scene(table: Table) -> None:
        faulty = FaultyCard(made())
        await table.lay(faulty)
        faulty.tear(faulty.commands + 30)
        gone = await table.cards.open_document(table.reader, zone_password())
        assert gone == Failed(gone.request, Failure.CARD_REMOVED)

    play(scene)
