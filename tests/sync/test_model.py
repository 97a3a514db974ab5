# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Walks through a kiosk's life against a model: crashes, lines, backups, clones; nothing lost, nothing doubled."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.envelope import Envelope
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.clock import SimulatedClock
from townhall_sync.courier import Courier
from townhall_sync.errors import JournalRolledBackError
from townhall_sync.journal import Journal
from townhall_sync.journal_records import DAY_S, KnownHead
from townhall_sync.simulated_faults import Forgery
from townhall_sync.simulated_kiosk import SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator

FILES = ("journal.db", "journal.db-wal", "head")


class KioskLife(RuleBasedStateMachine):
    """``acknowledged``: what persons were told (payload -> envelope id), by the newest history of the disk."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="townhall-model-"))
        self.kiosk = SimulatedKiosk(
            self.root / "journal", FileDeviceKey(ec.generate_private_key(ec.SECP256R1())), SimulatedClock()
        )
        # The centre's clock is right whatever the kiosk's says.
        self.centre = CentralServiceSimulator(lambda: 1_800_000_000 + int(self.kiosk.clock.seconds))
        self.centre.add_kiosk(self.kiosk.name, self.kiosk.key.public_der)
        self.line = SimulatedLine(self.kiosk, self.centre, self.centre.keys)
        self.acknowledged: dict[str, str] = {}
        self.image: tuple[dict[str, bytes], dict[str, str]] | None = None
        self.forgotten: dict[str, str] = {}
        self.head: KnownHead | None = None

    @property
    def journal(self) -> Journal:
        assert self.opened is not None
        return self.opened

    @initialize()
    def start(self) -> None:
        self.opened = self.kiosk.open()

    def teardown(self) -> None:
        self.kiosk.close()
        shutil.rmtree(self.root)

    @rule(number=st.integers(min_value=0, max_value=30))
    def submit(self, number: int) -> None:
        """Accept a payload; the same number is the same sealed bytes (no visit outlives a disk that is put back)."""
        sealed = f"sealed {number} {len(self.forgotten)}"
        committed = self.journal.commit(sealed.encode())
        assert committed.is_repeat == (sealed in self.acknowledged)
        assert self.acknowledged.setdefault(sealed, committed.envelope_id) == committed.envelope_id

    @rule(after=st.sampled_from(["a stop", "a crash"]))
    def reopen(self, after: str) -> None:
        files = self.files()
        self.kiosk.close()
        if after == "a crash":  # what stood on the disk at that instant, WAL included
            self.write(files)
        self.opened = self.kiosk.open(None if self.forgotten else self.head)

    @rule()
    def note_head(self) -> None:
        if not self.forgotten:
            self.head = self.journal.head()

    @rule(seconds=st.sampled_from([1, 3600, 8 * DAY_S]))
    def wait(self, seconds: int) -> None:
        self.kiosk.clock.seconds += seconds

    @rule(wall=st.integers(min_value=0, max_value=2**33))
    def set_the_kiosks_clock_wrong(self, wall: int) -> None:
        self.kiosk.clock.wall_offset = wall

    @rule(
        lost=st.sampled_from(["requests", "replies", "nothing"]),
        count=st.integers(min_value=1, max_value=4),
        repeats=st.booleans(),
        forgery=st.sampled_from([None, None, *Forgery]),
    )
    def break_the_line(self, lost: str, count: int, repeats: bool, forgery: Forgery | None) -> None:  # noqa: FBT001
        faults = self.centre.faults
        faults.lose_requests = count if lost == "requests" else 0
        faults.lose_replies = count if lost == "replies" else 0
        faults.repeat_requests, faults.forge = repeats, forgery

    @rule(rounds=st.integers(min_value=1, max_value=4))
    def sync_a_little(self, rounds: int) -> None:
        self.sync(rounds)

    @precondition(lambda self: not self.forgotten)
    @rule()
    def restore_yesterdays_backup_of_the_centre(self) -> None:
        self.centre.restore(size=len(self.centre.envelopes) // 2)

    @rule()
    def copy_the_disk(self) -> None:
        if not self.forgotten:
            self.image = (self.files(), dict(self.acknowledged))

    @precondition(lambda self: self.image is not None and not self.forgotten)
    @rule()
    def put_the_old_image_back(self) -> None:
        assert self.image is not None
        files, acknowledged = self.image
        self.forgotten = {sealed: each for sealed, each in self.acknowledged.items() if sealed not in acknowledged}
        head = self.journal.head()
        self.kiosk.close()
        self.write(files)
        if self.forgotten:
            with pytest.raises(JournalRolledBackError):
                self.kiosk.open(head)
        self.acknowledged = dict(acknowledged)
        self.opened = self.kiosk.open()

    @rule()
    def everything_heals(self) -> None:
        """The line is whole again: what was acknowledged arrives, and a forked history is found."""
        self.break_the_line("nothing", 1, repeats=False, forgery=None)
        self.sync(60)
        self.kiosk.clock.seconds += 7 * 60 * 60
        self.sync(60)
        status = self.journal.status()
        held = self.centre.envelopes
        if not status.is_forked and not self.forgotten:
            assert status.queued == 0
            missing = [each for each in self.acknowledged.values() if each not in held]
            assert {self.journal._log.ledger.seq_by_id[each] for each in missing} <= self.freed()
        for each in self.acknowledged.values():
            # There, or was proven to be there for a week, or still here for staff to carry over.
            is_freed = self.journal._log.ledger.seq_by_id[each] in self.freed()
            assert each in held or is_freed or self.is_here(each)

    def is_here(self, envelope_id: str) -> bool:
        return Envelope.from_bytes(self.journal.envelope_bytes(envelope_id)).header.envelope_id == envelope_id

    def freed(self) -> set[int]:
        return set(self.journal._log.ledger.freed)

    @invariant()
    def every_acknowledged_envelope_is_here_or_was_proven_to_be_there(self) -> None:
        ledger = self.journal._log.ledger
        for envelope_id in self.acknowledged.values():
            seq = ledger.seq_by_id[envelope_id]
            assert seq in ledger.freed or self.is_here(envelope_id)
            assert seq in ledger.queued or seq in ledger.delivered

    @invariant()
    def the_centre_counts_nothing_twice(self) -> None:
        headers = [Envelope.from_bytes(each).header for each in self.centre.envelopes.values()]
        assert len({(header.journal_id, header.seq) for header in headers}) == len(headers)
        assert len({header.sealed_sha256 for header in headers}) == len(headers)

    def files(self) -> dict[str, bytes]:
        return {
            name: (self.kiosk.directory / name).read_bytes() for name in FILES if (self.kiosk.directory / name).exists()
        }

    def write(self, files: dict[str, bytes]) -> None:
        for name in FILES:
            (self.kiosk.directory / name).unlink(missing_ok=True)
        for name, content in files.items():
            (self.kiosk.directory / name).write_bytes(content)

    def sync(self, rounds: int) -> None:
        self.kiosk.close()

        async def run() -> None:
            journal = await AsyncJournal.open(self.kiosk.opening())
            try:
                courier = Courier(journal, self.centre, self.centre.keys, self.line.timing())
                await self.line.settle(courier, rounds)
            finally:
                await journal.close()

        asyncio.run(run())
        self.opened = self.kiosk.open()


KioskLife.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAKiosksLife = KioskLife.TestCase


class ManyKiosksLives(KioskLife):
    """The same walks, many and long."""


ManyKiosksLives.TestCase.settings = settings(
    max_examples=1000, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestManyKiosksLives = pytest.mark.long(pytest.mark.timeout(3600)(ManyKiosksLives.TestCase))
