# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the keeper answers a visit, on a real journal and a simulated centre."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_central.simulation.catalogue import SimulatedAdministrators
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.recipients import generate_recipient_key
from townhall_crypto.sealed import seal
from townhall_kiosk import messages
from townhall_kiosk.catalogue import KioskCatalogue
from townhall_kiosk.errors import ClockBackError, NoCatalogueError
from townhall_kiosk.home import Settings
from townhall_kiosk.keeper.closing_watch import ClosingWatch
from townhall_kiosk.keeper.election_day import ElectionDay
from townhall_kiosk.keeper.headphones import NoHeadphones
from townhall_kiosk.keeper.keeper import Keeper
from townhall_kiosk.keeper.line_watch import LineWatch
from townhall_kiosk.keeper.paper import NoPrinter, PaperDirectory
from townhall_kiosk.keeper.processes import own_children
from townhall_kiosk.keeper.running_visit import Processes, RunningVisit
from townhall_kiosk.keeper.speech_line import SpeechLine
from townhall_kiosk.ports import Printer
from townhall_kiosk.receipt import verify_receipt
from townhall_kiosk.simulation.ports import StandingClock
from townhall_kiosk.staff.status import Surroundings
from townhall_kiosk.staff.works import StaffSetting
from townhall_kiosk.states import Outcome
from townhall_process.child import SpawnedChild, start
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.ballot_log import KnownBallotLogs
from townhall_sync.catalogue import CatalogueStore
from townhall_sync.catalogue_outcomes import Refreshed
from townhall_sync.catalogue_source import DirectorySource
from townhall_sync.central_service import Unreachable, Untrusted
from townhall_sync.courier import Courier
from townhall_sync.errors import JournalFullError, JournalRolledBackError
from townhall_sync.journal import Journal
from townhall_sync.journal_records import JournalPolicy
from townhall_sync.simulated_kiosk import SMALL, SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator

KEY = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
SEALED = seal(b"a transaction", kind="service-transaction", recipients=[generate_recipient_key().public])
SETTINGS = Settings(centre="https://centre.example", languages=("en",), paper="paper")


Scene = Callable[[Keeper, AsyncJournal, Courier], Coroutine[object, object, None]]


class Stand:
    """A keeper on a journal in ``directory``, beside a centre that answers."""

    town: SimulatedAdministrators
    """Whose catalogue the kiosk has; set for the whole module."""

    def __init__(self, directory: Path, policy: JournalPolicy = SMALL, printer: Printer | None = None) -> None:
        self.directory = directory
        self.clock = StandingClock()
        self.kiosk = SimulatedKiosk(directory / "journal", KEY, self.clock, policy)
        self.centre = CentralServiceSimulator(self.clock.wall)
        self.centre.add_kiosk(self.kiosk.name, KEY.public_der)
        self.line = SimulatedLine(self.kiosk, self.centre, self.centre.keys)
        self.printer = printer or NoPrinter()
        self.processes = own_children(SETTINGS, "no.such.module")

    async def catalogue(self, journal: AsyncJournal) -> KioskCatalogue:
        store = CatalogueStore(self.directory / "catalogue", self.town.bootstrap)
        store.refresh(DirectorySource(self.town.copy.path.with_name("stick")))

        async def fetch(_path: str, _limit: int) -> Untrusted:
            return Unreachable("no line")

        catalogue = KioskCatalogue(
            store=store, kiosk="kiosk-1", settings=SETTINGS, clock=self.clock, journal=journal, fetch=fetch
        )
        await catalogue.load()
        return catalogue

    def play(self, scene: Scene) -> None:
        async def work(journal: AsyncJournal, courier: Courier) -> None:
            keeper = Keeper(
                catalogue=await self.catalogue(journal),
                journal=journal,
                courier=courier,
                line=LineWatch(self.centre, self.centre.keys, self.clock, lambda: "n", 1.0),
                key=KEY,
                clock=self.clock,
                printer=self.printer,
                headphones=NoHeadphones(),
                speech=SpeechLine(None),
                processes=self.processes,
                setting=StaffSetting(self.directory, Surroundings("kiosk-1", "Tamme Library", "0"), lambda: None),
                election=ElectionDay(self.directory, KEY, self.clock, journal, has_printer=True),
                ballot_logs=KnownBallotLogs({}),
            )
            await scene(keeper, journal, courier)

        self.line.run(work)


@pytest.fixture(autouse=True, scope="module")
def _of_a_town(first_town: SimulatedAdministrators) -> None:
    Stand.town = first_town


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


def test_on_a_disk_without_room_for_an_entry_the_keeper_goes_on_for_who_is_here_and_serves_nobody_else(
    tmp_path: Path, fill_disk: Callable[[Journal], None]
) -> None:
    async def scene(keeper: Keeper, journal: AsyncJournal, _courier: Courier) -> None:
        await keeper.visit_begun("v1")
        await journal._run(lambda: fill_disk(journal._journal))
        await keeper.called_for_help("v1")
        answer = await keeper.commit(messages.Commit(SEALED, "Change of address"))
        assert answer == messages.NotCommitted(JournalFullError.code)
        await keeper.visit_ended("v1", Outcome.NOTHING_SENT)
        assert await keeper.closed() == JournalFullError.code

    Stand(tmp_path).play(scene)


def test_nobody_is_served_on_a_copied_journal(tmp_path: Path) -> None:
    async def scene(keeper: Keeper, journal: AsyncJournal, _courier: Courier) -> None:
        assert await keeper.closed() == ""
        await keeper.commit(messages.Commit(SEALED, ""))
        await journal.report_fork(1, "TH-CENT-022")
        assert await keeper.closed() == JournalRolledBackError.code

    Stand(tmp_path).play(scene)


@asynccontextmanager
async def watching(keeper: Keeper, journal: AsyncJournal) -> AsyncIterator[Callable[[list[str]], Awaitable[None]]]:
    """Watch whether the keeper is closed; yields what waits until exactly these codes were told."""
    told: list[str] = []
    news = asyncio.Event()

    async def changed(code: str) -> None:
        told.append(code)
        news.set()

    async def until(codes: list[str]) -> None:
        async with asyncio.timeout(30):
            while told != codes:
                news.clear()
                await news.wait()

    watch = asyncio.create_task(ClosingWatch(journal, 0.01).run(keeper.closed, changed))
    try:
        yield until
    finally:
        watch.cancel()
        await asyncio.wait({watch})


def test_the_kiosk_closes_and_opens_by_itself_as_its_clock_goes_wrong_and_right(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    year_s = 365 * 24 * 60 * 60
    back = ClockBackError.code

    async def scene(keeper: Keeper, journal: AsyncJournal, courier: Courier) -> None:
        await keeper.commit(messages.Commit(SEALED, ""))
        await stand.line.settle(courier)
        right = stand.clock.wall_offset
        async with watching(keeper, journal) as told:
            stand.clock.wall_offset = right - year_s
            await told([back])
            stand.clock.wall_offset = right
            await told([back, ""])
            stand.clock.wall_offset = right + 20 * year_s
            assert await keeper.closed() == "", "forward is no reason: what is too old by it hides by itself"
            stand.clock.wall_offset = right
            assert await keeper.closed() == "", "and nothing of it is held against the clock once it is right"
            stand.clock.wall_offset = right - 301
            await told([back, "", back])
            stand.clock.wall_offset = right
            await told([back, "", back, ""])
        entries = await journal._run(lambda: [entry for _index, entry in journal._journal._log.store.entries()])
        assert sum(b'"CLOCK_BACK"' in entry for entry in entries) == 2, "each time once, however often it was looked"

    stand.play(scene)


def test_a_disk_that_gets_room_again_opens_the_kiosk(tmp_path: Path) -> None:
    async def scene(keeper: Keeper, journal: AsyncJournal, _courier: Courier) -> None:
        reserve = journal._journal._reserve
        reserve.release()
        size, reserve._size = reserve._size, 2**60  # no disk has that much room
        async with watching(keeper, journal) as told:
            await told([JournalFullError.code])
            reserve._size = size
            await told([JournalFullError.code, ""])

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


# The catalogue


def plain_visits(diary: Path) -> Processes:
    program = Path(__file__).with_name("plain_visit.py")
    idle = (sys.executable, "-c", "import time; time.sleep(600)")
    return Processes(
        partial(start, (sys.executable, str(program), str(diary))), partial(start, idle), partial(start, idle)
    )


def pid_of(visit: RunningVisit) -> int:
    assert isinstance(visit._child, SpawnedChild)
    return visit._child.pid


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110  # no event reaches us from there
            await asyncio.sleep(0.01)


def has_lines(diary: Path, *lines: str) -> Callable[[], bool]:
    return lambda: diary.exists() and diary.read_text().splitlines() == list(lines)


def mover(town: SimulatedAdministrators, content: Path, folder: Path) -> Callable[[str], Path]:
    """Return what moves the kiosk to a place, by a catalogue on a stick."""
    moved = shutil.copytree(content, folder / "moved")

    def move(place: str) -> Path:
        path = moved / "places" / "places.json"
        places = json.loads(path.read_bytes())
        places["kiosks"]["kiosk-1"]["place"] = place
        path.write_text(json.dumps(places))
        town.publish(moved)
        return town.export(folder / "stick")

    return move


def test_a_new_catalogue_reaches_whoever_comes_next_and_not_who_is_here(
    tmp_path: Path, town: SimulatedAdministrators, content: Path
) -> None:
    stand, diary = Stand(tmp_path), tmp_path / "diary"
    stand.processes = plain_visits(diary)
    move = mover(town, content, tmp_path)

    async def scene(keeper: Keeper, _journal: AsyncJournal, courier: Courier) -> None:
        courier._timing = replace(courier._timing, sleep=asyncio.sleep)  # the simulated one lets months pass
        running = asyncio.create_task(keeper.run())
        old = ["standby Tamme Library", "painted Tamme Library", "standby Tamme Library"]
        await until(has_lines(diary, *old))
        assert isinstance(await keeper.catalogue.refresh_from(move("Lepa School")), Refreshed)
        new = [*old, "standby Lepa School", "painted Lepa School", "standby Lepa School"]
        await until(has_lines(diary, *new))
        current = keeper._visits._current
        assert current is not None
        os.kill(pid_of(current), signal.SIGUSR1)
        await until(lambda: current._somebody_came)
        assert isinstance(await keeper.catalogue.refresh_from(move("Old House")), Refreshed)
        await until(has_lines(diary, *new, "standby Old House"))
        assert keeper._visits._current is current, "who is here goes on"
        os.kill(pid_of(current), signal.SIGKILL)
        await until(has_lines(diary, *new, "standby Old House", "painted Old House", "standby Old House"))
        running.cancel()
        await asyncio.wait({running})

    stand.play(scene)


@pytest.mark.parametrize("is_same_instant", [False, True])
def test_who_comes_while_a_visit_with_newer_provisions_warms_up_is_not_sent_away(
    tmp_path: Path, town: SimulatedAdministrators, content: Path, *, is_same_instant: bool
) -> None:
    stand, diary = Stand(tmp_path), tmp_path / "diary"
    stand.processes = plain_visits(diary)
    move, hold = mover(town, content, tmp_path), diary.with_suffix(".hold")

    async def scene(keeper: Keeper, _journal: AsyncJournal, courier: Courier) -> None:
        courier._timing = replace(courier._timing, sleep=asyncio.sleep)  # the simulated one lets months pass
        running = asyncio.create_task(keeper.run())
        lines = ["standby Tamme Library", "painted Tamme Library", "standby Tamme Library"]
        await until(has_lines(diary, *lines))
        hold.touch()
        assert isinstance(await keeper.catalogue.refresh_from(move("Lepa School")), Refreshed)
        current = keeper._visits._current
        assert current is not None
        assert current._retired.is_set()
        if is_same_instant:  # no other task of the keeper ran since it was retired
            await current._take(messages.PersonCame())
        else:
            os.kill(pid_of(current), signal.SIGUSR1)
            await until(lambda: current._somebody_came)
        hold.unlink()
        lines.append("standby Lepa School")
        await until(has_lines(diary, *lines))
        assert keeper._visits._current is current
        assert current._card is not None, "who came can still use a card"
        os.kill(pid_of(current), signal.SIGKILL)
        await until(has_lines(diary, *lines, "painted Lepa School", "standby Lepa School"))
        running.cancel()
        await asyncio.wait({running})

    stand.play(scene)


def test_without_a_catalogue_nobody_is_served(tmp_path: Path) -> None:
    stand = Stand(tmp_path)

    async def scene(keeper: Keeper, _journal: AsyncJournal, _courier: Courier) -> None:
        assert await keeper.closed() == ""
        shutil.rmtree(tmp_path / "catalogue")
        await keeper.catalogue.load()
        assert await keeper.closed() == NoCatalogueError.code

    stand.play(scene)


def test_a_call_for_help_is_written_down_for_staff_without_a_word_of_who_calls_and_not_each_touch(
    tmp_path: Path,
) -> None:
    stand = Stand(tmp_path)

    async def scene(keeper: Keeper, _journal: AsyncJournal, _courier: Courier) -> None:
        for _ in range(3):
            await keeper.called_for_help("visit-1")
        stand.clock.seconds += 31
        await keeper.called_for_help("visit-1")
        await keeper.called_for_help("visit-2")

    stand.play(scene)
    entries = [msgspec.json.decode(entry) for _index, entry in stand.kiosk.open()._log._store.entries()]
    told = [entry["facts"] for entry in entries if entry["event"] == "HELP_CALLED"]
    assert told == [{"visit": "visit-1"}] * 2 + [{"visit": "visit-2"}]
