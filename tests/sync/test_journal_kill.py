# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A committing process is killed at random instants: nothing acknowledged is lost, nothing doubled, the chain holds."""

import importlib.util
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.envelope import NO_PREVIOUS, verify_envelope
from townhall_crypto.secret import Secret
from townhall_sync.clock import SystemClock
from townhall_sync.journal import Journal
from townhall_sync.journal_records import JournalPolicy

CHILD = Path(__file__).with_name("committing_child.py")
RESERVE = 64 * 1024


@dataclass
class Child:
    """The committing process's directory, key, and what it acknowledged."""

    directory: Path
    key_file: Path
    sealed: Callable[[int], bytes]

    @property
    def key(self) -> FileDeviceKey:
        return FileDeviceKey.load(self.key_file, Secret(b"passphrase of a test"))

    def open(self) -> Journal:
        policy = JournalPolicy(reserve_bytes=RESERVE, low_disk_bytes=0)
        return Journal.open(self.directory, kiosk="kiosk-1", key=self.key, clock=SystemClock(), policy=policy)

    def run_and_kill(self, first: int, after_s: float, *, in_opening: bool) -> list[tuple[int, str, int]]:
        """Let it commit from the payload ``first`` on, kill -9 it, and return what it acknowledged.

        ``after_s`` counts from its first commit, or from its start, which may be before the journal is open.
        """
        command = [sys.executable, str(CHILD), str(self.directory), str(self.key_file), str(first), str(RESERVE)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            first_lines = [] if in_opening else [process.stdout.readline()]
            threading.Timer(after_s, process.kill).start()
            lines = [*first_lines, *process.stdout.readlines()]
        # A line cut in the middle was not read by anybody as an acknowledgement.
        whole = [line.split() for line in lines if line.endswith(b"\n")]
        return [(int(number), envelope_id.decode(), int(seq)) for number, envelope_id, seq in whole]


@pytest.fixture
def child(tmp_path: Path) -> Child:
    specification = importlib.util.spec_from_file_location("committing_child", CHILD)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    key_file = tmp_path / "device.key"
    FileDeviceKey.create(key_file, Secret(b"passphrase of a test"))
    return Child(tmp_path / "journal", key_file, module.sealed)


def check_chain(journal: Journal, public_der: bytes) -> dict[str, bytes]:
    """Verify every envelope and link; return the sealed payloads by id."""
    previous, found = NO_PREVIOUS, {}
    for seq, pending in enumerate(journal.pending(1_000_000), start=1):
        envelope = verify_envelope(journal.envelope_bytes(pending.envelope_id), public_der)
        assert (envelope.header.seq, envelope.header.prev_hash) == (seq, previous)
        previous = pending.envelope_id
        found[previous] = envelope.sealed
    return found


def kill_and_check(child: Child, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  a test's dice
    acknowledged: list[tuple[int, str, int]] = []
    for _life in range(2):
        in_opening = dice.random() < 0.3
        after_s = dice.uniform(0.3, 0.7) if in_opening else dice.uniform(0.0, 0.12)
        acknowledged += child.run_and_kill(len(acknowledged) + 1, after_s, in_opening=in_opening)
    journal = child.open()
    found = check_chain(journal, child.key.public_der)
    for number, envelope_id, seq in acknowledged:
        assert found[envelope_id] == child.sealed(number)
        assert journal.commit(child.sealed(number)).seq == seq
    assert len(found) == len(set(found.values()))
    # Each kill may leave one commit that nobody was told of, and the next life repeats that payload.
    assert len(acknowledged) <= len(found) <= len(acknowledged) + 2
    assert {child.sealed(number) for number in range(1, len(found) + 1)} == set(found.values())
    journal.close()


@pytest.mark.parametrize("seed", range(20))
def test_kill_9_loses_nothing_acknowledged_and_doubles_nothing(child: Child, seed: int) -> None:
    kill_and_check(child, seed)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(20, 200))
def test_kill_9_at_many_more_instants(child: Child, seed: int) -> None:
    kill_and_check(child, seed)
