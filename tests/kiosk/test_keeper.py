# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the keeper answers a visit, on a real journal and a simulated centre."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.recipients import generate_recipient_key
from townhall_crypto.sealed import seal
from townhall_kiosk import messages
from townhall_kiosk.errors import ClockBackError
from townhall_kiosk.keeper.keeper import Keeper
from townhall_kiosk.keeper.line_watch import LineWatch
from townhall_kiosk.keeper.paper import NoPrinter, PaperDirectory
from townhall_kiosk.ports import Printer
from townhall_kiosk.receipt import verify_receipt
from townhall_kiosk.simulation.ports import StandingClock
from townhall_kiosk.states import Outcome
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.courier import Courier
from townhall_sync.errors import JournalFullError, JournalRolledBackError
from townhall_sync.journal_records import JournalPolicy
from townhall_sync.simulated_kiosk import SMALL, SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator

KEY = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
SEALED = seal(b"a transaction", kind="service-transaction", recipients=[generate_recipient_key().public])
PROVISIONS = messages.Provisions("kiosk-1", "Tamme Library", ("en",), True, (), {}, (), (), ())


Scene = Callable[[Keeper, AsyncJournal, Courier], Coroutine[object, object, None]]


class Stand:
    """A keeper on a journal in ``directory``, beside a centre that answers."""

    def __init__(self, directory: Path, policy: JournalPolicy = SMALL, printer: Printer | None = None) -> None:
        self.clock = StandingClock()
        self.kiosk = SimulatedKiosk(directory / "journal", KEY, self.clock, policy)
        self.centre = CentralServiceSimulator(self.clock.wall)
        self.centre.add_kiosk(self.kiosk.name, KEY.public_der)
        self.line = SimulatedLine(self.kiosk, self.centre, self.centre.keys)
        self.printer = printer or NoPrinter()

    def play(self, scene: Scene) -> None:
        async def work(journal: AsyncJournal, courier: Courier) -> None:
            keeper = Keeper(
                journal=journal,
                courier=courier,
                line=LineWatch(self.centre, lambda: "n", 1.0),
                key=KEY,
                clock=self.clock,
                printer=self.printer,
                provisions=PROVISIONS,
                visit_command=(sys.executable,),
            )
            await scene(keeper, journal, courier)

        self.line.run(work)


def test_a_committed_payload_gets_a_receipt_that_the_device_signed(tmp_path: Path) -> None:
    async def scene(keeper: Keeper, journal: AsyncJournal, _courier: Courier) -> None:
        answer = await keeper.commit(messages.Commit(SEALED, "Change of address"))
        assert isinstance(answer, messages.Committed)
        facts = verify_receipt(answer.receipt.to_text(), KEY.public_der)
        assert facts == answer.receipt.facts
        assert (facts.service, facts.place, facts.kiosk) == ("Change of address", "Tamme Library", "kiosk-1")
        assert facts.envelope == (await journal.pending())[0].envelope_id

    Stand(tmp_path).play(scene)


def test_the_same_payload_again_is_the_same_transaction(tmp_path: Path) -> None:
    async def scene(keeper: Keeper, journal: AsyncJournal, _courier: Courier) -> None:
        answers = [await keeper.commit(messages.Commit(SEALED, "Change of address")) for _ in range(2)]
        first, second = (each.receipt.facts for each in answers if isinstance(each, messages.Committed))
        assert first == second
        assert len(await journal.pending()) == 1

    Stand(tmp_path).play(scene)


def test_the_title_of_the_service_is_stored_nowhere(tmp_path: Path) -> None:
    async def scene(keeper: Keeper, _journal: AsyncJournal, _courier: Courier) -> None:
        await keeper.commit(messages.Commit(SEALED, "A-TITLE-LIKE-NO-OTHER"))

    Stand(tmp_path).play(scene)
    stored = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert len(stored) > len(SEALED)
    assert b"A-TITLE-LIKE-NO-OTHER" not in stored


def test_nobody_is_served_without_room_on_the_disk(tmp_path: Path) -> None:
    async def scene(keeper: Keeper, _journal: AsyncJournal, _courier: Courier) -> None:
        assert await keeper.closed() == JournalFullError.code

    Stand(tmp_path, JournalPolicy(reserve_bytes=64 * 1024, low_disk_bytes=1 << 60)).play(scene)


def test_nobody_is_served_on_a_copied_journal(tmp_path: Path) -> None:
    async def scene(keeper: Keeper, journal: AsyncJournal, _courier: Courier) -> None:
        assert await keeper.closed() == ""
        await keeper.commit(messages.Commit(SEALED, ""))
        await journal.report_fork(1, "TH-CENT-022")
        assert await keeper.closed() == JournalRolledBackError.code

    Stand(tmp_path).play(scene)


@pytest.mark.parametrize(("back_s", "closed"), [(0, ""), (300, ""), (301, ClockBackError.code)])
def test_nobody_is_served_by_a_clock_behind_the_centres_signed_time(tmp_path: Path, back_s: int, closed: str) -> None:
    stand = Stand(tmp_path)

    async def scene(keeper: Keeper, journal: AsyncJournal, courier: Courier) -> None:
        await keeper.commit(messages.Commit(SEALED, ""))
        await stand.line.settle(courier)
        signed = (await journal.status()).last_server_time
        stand.clock.wall_offset += signed - back_s - stand.clock.wall()
        assert await keeper.closed() == closed

    stand.play(scene)


def test_a_visit_that_began_is_open_until_its_end_is_noted(tmp_path: Path) -> None:
    async def scene(keeper: Keeper, journal: AsyncJournal, _courier: Courier) -> None:
        await keeper.visit_begun("v1")
        opened = await journal.open_visit()
        assert opened is not None
        assert (opened.name, opened.envelope_id) == ("v1", None)
        await keeper.visit_ended("v1", Outcome.STORED)
        assert await journal.open_visit() is None

    Stand(tmp_path).play(scene)


def test_paper_lies_in_the_tray_and_a_lost_tray_has_a_code(tmp_path: Path) -> None:
    async def scene() -> None:
        assert await PaperDirectory(tmp_path).print(b"%PDF") == ""
        assert (tmp_path / "receipt.pdf").read_bytes() == b"%PDF"
        assert await PaperDirectory(tmp_path / "gone").print(b"%PDF") == "TH-KIOS-003"
        assert await NoPrinter().print(b"%PDF") == "TH-KIOS-003"

    asyncio.run(scene())
