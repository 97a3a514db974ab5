# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keeper follows the ballot box's log by line and by stick; a box, centre or stick that lies is told to staff."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.kiosk.voting_town import definition

from townhall_crypto.checkpoint import Checkpoint, Ed25519NoteSigner, sign_checkpoint
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.merkle import MerkleTree
from townhall_kiosk.keeper.ballot_log_watch import BallotLogWatch
from townhall_kiosk.simulation.ports import StandingClock
from townhall_kiosk.staff.envelope_road import EnvelopeRoad
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Entry, Event
from townhall_sync.ballot_log import PAGE_LEAVES, BallotLogPart, KnownBallotLogs, file_name, part_of
from townhall_sync.courier import Courier
from townhall_sync.receipt import CentreKeys
from townhall_sync.simulated_kiosk import SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator
from townhall_sync.stick import Folder
from townhall_sync.stick_files import Stick
from townhall_sync.stick_replies import read_ballot_log
from townhall_sync.stick_road import StickRoad
from townhall_sync.wire import to_json
from townhall_voting.board.following import LogDoubt
from townhall_voting.board.log import log_name
from townhall_voting.package.definition import Definition

HONEST = [sha256(b"entry %d" % number).digest() for number in range(3 * PAGE_LEAVES)]
OTHER = [sha256(b"another").digest(), *HONEST[1:]]


def box_of(election: Definition, seed: int = 1) -> Ed25519NoteSigner:
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return Ed25519NoteSigner(log_name(election.id, election.mode), key)


BOX = box_of(definition())
STRANGER = box_of(definition(), 2)


def state(leaves: Sequence[bytes], signer: Ed25519NoteSigner = BOX) -> tuple[str, bytes]:
    root = MerkleTree.from_leaf_hashes(leaves).root()
    return sign_checkpoint(Checkpoint(signer.name, len(leaves), root), signer), b"".join(leaves)


@dataclass(slots=True)
class Seen:
    """A watch, what its centre has, and what it noted."""

    watch: BallotLogWatch
    journal: AsyncJournal
    courier: Courier
    keys: CentreKeys
    key: FileDeviceKey
    logs: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    async def shows(self, leaves: Sequence[bytes], signer: Ed25519NoteSigner = BOX) -> LogDoubt | None:
        """Have the centre show this, and the watch ask."""
        self.logs[BOX.name] = state(leaves, signer)
        await self.watch.ask(KnownBallotLogs(self.logs))
        return self.watch.doubt

    async def noted(self, event: Event) -> list[dict[str, int | str]]:
        stored = await self.journal._run(lambda: [each for _, each in self.journal._journal._log.store.entries()])
        entries = [msgspec.json.decode(each, type=Entry) for each in stored]
        return [each.facts for each in entries if each.event == event.name]


Scene = Callable[[Seen], Awaitable[None]]


@pytest.fixture
def play(tmp_path: Path, key: FileDeviceKey) -> Callable[[Scene], None]:
    def run(scene: Scene) -> None:
        clock = StandingClock()
        kiosk = SimulatedKiosk(tmp_path / "journal", key, clock)
        centre = CentralServiceSimulator(clock.wall)
        centre.add_kiosk(kiosk.name, key.public_der)

        async def work(journal: AsyncJournal, courier: Courier) -> None:
            watch = BallotLogWatch(tmp_path / "ballot-log", journal)
            watch.use(named())
            await scene(Seen(watch, journal, courier, centre.keys, key))

        SimulatedLine(kiosk, centre, centre.keys).run(work)

    return run


def named(box: Ed25519NoteSigner | None = BOX) -> Definition:
    """The election's definition, naming the box's key."""
    return msgspec.structs.replace(definition(), ballot_log="" if box is None else box.verifier.vkey)


def test_the_newest_state_is_held_over_pages_restarts_and_silence(play: Callable[[Scene], None]) -> None:
    async def scene(seen: Seen) -> None:
        assert seen.watch.state == (0, "")
        await seen.watch.ask(KnownBallotLogs({}))
        assert (seen.watch.size, seen.watch.doubt) == (None, None)
        for size in (0, 5, PAGE_LEAVES, PAGE_LEAVES + 3, 3 * PAGE_LEAVES):
            assert await seen.shows(HONEST[:size]) is None
            assert seen.watch.state == (size, MerkleTree.from_leaf_hashes(HONEST[:size]).root().hex())
        again = BallotLogWatch(seen.watch.folder, seen.journal)
        again.use(named())
        assert again.state == seen.watch.state
        assert [each["size"] for each in await seen.noted(Event.BALLOT_LOG_SEEN)] == [
            *(0, 5, PAGE_LEAVES, PAGE_LEAVES + 3, 3 * PAGE_LEAVES)
        ]

    play(scene)


def test_a_box_that_shows_another_history_is_found_for_good_and_its_own_words_are_kept(
    play: Callable[[Scene], None],
) -> None:
    async def scene(seen: Seen) -> None:
        await seen.shows(HONEST[:5])
        before = seen.watch.state
        assert await seen.shows(OTHER[:9]) is LogDoubt.CONTRADICTED
        assert seen.watch.state == before
        (evidence,) = seen.watch.folder.glob("*.contradiction.json")
        kept = msgspec.json.decode(evidence.read_bytes(), type=BallotLogPart)
        assert (kept.checkpoint, kept.hashes()) == state(OTHER[:9])
        assert await seen.shows(HONEST[:6]) is LogDoubt.CONTRADICTED  # it may say the right thing again
        assert seen.watch.size == 6
        again = BallotLogWatch(seen.watch.folder, seen.journal)
        again.use(named())
        assert (again.doubt, again.size) == (LogDoubt.CONTRADICTED, 6)
        assert [each["reason"] for each in await seen.noted(Event.BALLOT_LOG_DOUBTED)] == ["CONTRADICTED"]

    play(scene)


def test_a_split_view_at_the_same_size_is_found(play: Callable[[Scene], None]) -> None:
    async def scene(seen: Seen) -> None:
        await seen.shows(HONEST[:5])
        assert await seen.shows(OTHER[:5]) is LogDoubt.CONTRADICTED

    play(scene)


def test_a_box_that_goes_back_is_told_once_and_forgiven_when_it_goes_on(play: Callable[[Scene], None]) -> None:
    async def scene(seen: Seen) -> None:
        await seen.shows(HONEST[:5])
        for _ in range(2):
            assert await seen.shows(HONEST[:3]) is LogDoubt.OLDER
            assert seen.watch.size == 5
        assert await seen.shows(HONEST[:6]) is None
        assert [each["reason"] for each in await seen.noted(Event.BALLOT_LOG_DOUBTED)] == ["OLDER"]

    play(scene)


def test_a_centre_that_lies_about_the_box_is_not_believed_and_does_not_make_the_box_a_liar(
    play: Callable[[Scene], None],
) -> None:
    async def scene(seen: Seen) -> None:
        await seen.shows(HONEST[:5])
        assert await seen.shows(OTHER[:9], STRANGER) is LogDoubt.FORGED
        note, _leaves = state(HONEST[:9])
        for leaves in ([*HONEST[:8], OTHER[0]], HONEST[:8], [], HONEST):
            seen.logs[BOX.name] = (note, b"".join(leaves))
            await seen.watch.ask(KnownBallotLogs(seen.logs))
            assert (seen.watch.size, seen.watch.doubt) == (5, LogDoubt.UNPROVED)
        assert await seen.shows(HONEST[:9]) is None
        assert not list(seen.watch.folder.glob("*.contradiction.json"))

    play(scene)


class Counted:
    """A centre that tells when it was asked for the second time: the first answer was taken by then."""

    def __init__(self) -> None:
        self.asked, self.again = 0, asyncio.Event()

    async def ballot_log(self, _origin: str, start: int) -> BallotLogPart | None:
        self.asked += 1
        if self.asked == 2:
            self.again.set()
        return part_of(*state(HONEST[:5]), start)


def test_it_asks_again_and_again_once_a_package_names_a_log(play: Callable[[Scene], None]) -> None:
    async def scene(seen: Seen) -> None:
        watch, road = BallotLogWatch(seen.watch.folder, seen.journal), Counted()
        running = asyncio.create_task(watch.run(road, every_s=0))
        await asyncio.sleep(0)
        assert road.asked == 0
        watch.use(named())
        await road.again.wait()
        assert watch.size == 5
        running.cancel()

    play(scene)


def test_staff_bring_the_log_with_the_stick_that_brings_receipts(play: Callable[[Scene], None], tmp_path: Path) -> None:
    mounted = tmp_path / "stick"
    mounted.mkdir()
    with Stick(mounted) as stick:
        stick.write(Folder.BALLOT_LOGS, file_name(BOX.name), to_json(part_of(*state(HONEST[:7]), 0)))

    async def progress(_done: int, _total: int) -> None:
        pass

    async def scene(seen: Seen) -> None:
        road = StickRoad(seen.journal, seen.courier, seen.keys, seen.key, lambda: "n1")
        await EnvelopeRoad(road, tmp_path, "kiosk-1", seen.watch).take_in(mounted, progress)
        assert seen.watch.size == 7

    play(scene)


class Endless:
    """A centre whose pages never end, or are not those that were asked for."""

    def __init__(self, shift: int) -> None:
        self._shift = shift
        self.asked = 0

    async def ballot_log(self, _origin: str, start: int) -> BallotLogPart | None:
        self.asked += 1
        part = part_of("note", bytes(32 * PAGE_LEAVES), 0)
        return msgspec.structs.replace(part, start=start + self._shift)


def test_pages_that_never_end_end(play: Callable[[Scene], None]) -> None:
    async def scene(seen: Seen) -> None:
        endless, other = Endless(0), Endless(1)
        await seen.watch.ask(endless)
        assert endless.asked == 65
        await seen.watch.ask(other)
        assert other.asked == 1
        assert (seen.watch.size, seen.watch.doubt) == (None, LogDoubt.FORGED)

    play(scene)


def test_a_stick_brings_the_log_and_an_old_one_is_no_alarm(play: Callable[[Scene], None], tmp_path: Path) -> None:
    mounted = tmp_path / "stick"
    mounted.mkdir()

    async def look(origin: str) -> tuple[str, bytes] | None:
        with Stick(mounted) as stick:
            return read_ballot_log(stick, origin)

    def lay(content: bytes) -> None:
        with Stick(mounted) as stick:
            stick.write(Folder.BALLOT_LOGS, file_name(BOX.name), content)

    async def scene(seen: Seen) -> None:
        await seen.watch.ask_stick(look)
        for leaves, size in ((HONEST, len(HONEST)), (HONEST[:7], len(HONEST))):
            lay(to_json(part_of(*state(leaves), 0)))
            await seen.watch.ask_stick(look)
            assert (seen.watch.size, seen.watch.doubt) == (size, None)
        for content in (b"", b"{}", to_json(part_of(*state(HONEST), 1)), b"\xff"):
            lay(content)
            await seen.watch.ask_stick(look)
            assert seen.watch.doubt is None
        lay(to_json(part_of(*state(OTHER), 0)))
        await seen.watch.ask_stick(look)
        assert seen.watch.doubt is LogDoubt.CONTRADICTED

    play(scene)


def test_what_was_held_is_believed_after_a_restart_only_as_the_box_signed_it(play: Callable[[Scene], None]) -> None:
    async def scene(seen: Seen) -> None:
        await seen.shows(HONEST[:5])
        (held,) = seen.watch.folder.iterdir()
        good = held.read_bytes()
        for content in (good.replace(b"5", b"6", 1), b"", b"{}", to_json(part_of(*state(HONEST[:4], STRANGER), 0))):
            held.write_bytes(content)
            again = BallotLogWatch(seen.watch.folder, seen.journal)
            again.use(named())
            assert again.state == (0, "")

    play(scene)


def test_another_key_is_another_log_and_a_package_without_one_is_followed_by_nothing(
    play: Callable[[Scene], None],
) -> None:
    async def scene(seen: Seen) -> None:
        await seen.shows(HONEST[:5])
        seen.watch.use(named(STRANGER))
        assert seen.watch.state == (0, "")
        seen.watch.use(named(None))
        assert await seen.shows(HONEST[:6]) is None
        assert seen.watch.state == (0, "")
        seen.watch.use(named())
        assert seen.watch.size == 5

    play(scene)
