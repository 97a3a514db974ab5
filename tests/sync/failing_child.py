# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A process whose disk fails at every call in turn, under each act of a journal; prints what came of each as JSON.

Usage: failing_child.py DIRECTORY KINDS ERROR ONCE, with ``failing_disk.c`` preloaded and FAILING_DISK=DIRECTORY.
"""

import asyncio
import ctypes
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.device_key import FileDeviceKey
from townhall_sync.audit import Event
from townhall_sync.central_service import Stored
from townhall_sync.clock import SimulatedClock
from townhall_sync.errors import SyncError
from townhall_sync.journal import Journal
from townhall_sync.journal_records import DAY_S, JournalPolicy
from townhall_sync.receipt import ExpectedReceipt, Kept, prove_kept, verify_fresh_checkpoint, verify_receipt
from townhall_sync.simulated_kiosk import SimulatedKiosk
from townhall_sync.simulator import CentralServiceSimulator

POLICY = JournalPolicy(reserve_bytes=16 * 1024, low_disk_bytes=0, fold_pages=12)
PRESENT = b"the citizen who stands there".ljust(9000, b".")
_MOST_CALLS = 400


class Result(msgspec.Struct, frozen=True):
    """What came of one act whose disk failed at its ``nth`` call; codes are empty where all went well."""

    act: str
    nth: int
    failed: int
    """How many calls failed; 0: the act made fewer than ``nth``."""
    code: str
    accepts_visits: bool
    present: str
    """The code that the next commit met, while the disk was still as it was."""
    believed: bool
    """Whether an open journal said "done" after a fault."""
    again: str
    """What the journal said when it was opened again on a whole disk."""
    lost: int
    """Acknowledged envelopes that were gone then."""
    recovers: bool
    """Whether visits are accepted in the end."""


@dataclass
class Stage:
    """A journal directory as it stands before each act, and the centre that knows it."""

    kiosk: SimulatedKiosk
    centre: CentralServiceSimulator
    disk: ctypes.CDLL

    @classmethod
    def prepare(cls, directory: Path) -> "Stage":
        key = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
        kiosk = SimulatedKiosk(directory / "journal", key, SimulatedClock(), POLICY)
        centre = CentralServiceSimulator(kiosk.clock.wall)
        centre.add_kiosk(kiosk.name, key.public_der)
        journal = kiosk.open()
        for number in range(4):
            journal.commit(sealed(number))
        deliver(journal, centre, 1)
        kiosk.clock.seconds += 8 * DAY_S
        kiosk.close()
        shutil.copytree(directory / "journal", directory.with_name("before"))
        return cls(kiosk, centre, ctypes.CDLL(os.environ["LD_PRELOAD"]))

    def reset(self) -> None:
        self.kiosk.close()
        shutil.rmtree(self.kiosk.directory, ignore_errors=True)
        shutil.copytree(self.kiosk.directory.parent.with_name("before"), self.kiosk.directory)


def sealed(number: int) -> bytes:
    return f"sealed {number} ".encode().ljust(5000, b".")


def deliver(journal: Journal, centre: CentralServiceSimulator, seq: int) -> None:
    """Send one envelope and record its receipt."""
    envelope_id = journal._log.ledger.committed(seq).envelope_id.hex()
    outcome = asyncio.run(centre.put_envelope(envelope_id, journal.envelope_bytes(envelope_id)))
    assert isinstance(outcome, Stored)
    expected = ExpectedReceipt(envelope_id, journal.kiosk, journal.journal_id, seq)
    journal.record_receipts([verify_receipt(outcome.reply.receipt, expected, centre.keys)])


def proof(journal: Journal, centre: CentralServiceSimulator, seq: int) -> Kept:
    reply = asyncio.run(centre.checkpoint("nonce-of-a-test-0001"))
    assert reply is not None
    fresh = verify_fresh_checkpoint(reply, "nonce-of-a-test-0001", centre.keys)
    envelope_id = journal._log.ledger.committed(seq).envelope_id.hex()
    expected = ExpectedReceipt(envelope_id, journal.kiosk, journal.journal_id, seq)
    received = verify_receipt(journal.receipt(seq), expected, centre.keys).checkpoint
    consistency = asyncio.run(centre.consistency(received.size, fresh.checkpoint.size))
    assert consistency is not None
    return prove_kept(seq, received, fresh, consistency)


def commit(journal: Journal, _centre: CentralServiceSimulator) -> None:
    journal.commit(sealed(10))


def receipt(journal: Journal, centre: CentralServiceSimulator) -> None:
    deliver(journal, centre, 2)


def audit(journal: Journal, _centre: CentralServiceSimulator) -> None:
    journal.audit(Event.VISIT_BEGUN, {"visit": "v-1"})


def free(journal: Journal, centre: CentralServiceSimulator) -> None:
    journal.free_delivered([proof(journal, centre, 1)])


def read(journal: Journal, _centre: CentralServiceSimulator) -> None:
    for pending in journal.pending():
        journal.envelope_bytes(pending.envelope_id)


ACTS: dict[str, Callable[[Journal, CentralServiceSimulator], None]] = {
    "commit": commit,
    "receipt": receipt,
    "audit": audit,
    "free": free,
    "read": read,
}


def code_of(act: Callable[[], object]) -> str:
    try:
        act()
    except SyncError as exc:
        return exc.code
    return ""


def play(stage: Stage, act: str, nth: int, arm: Callable[[int], None]) -> Result:
    stage.reset()
    code = ""
    if act == "open":
        arm(nth)
        journals: list[Journal] = []
        code = code_of(lambda: journals.append(stage.kiosk.open()))
        opened = journals[0] if journals else None
    else:
        opened = stage.kiosk.open()
        journal = opened
        arm(nth)
        code = code_of(lambda: ACTS[act](journal, stage.centre))
    failed = stage.disk.failing_disk_failed()
    present = accepts = believed = None
    if opened is not None:
        is_faulty = opened._log.store.fault is not None
        accepts = code_of(opened.status) == "" and opened.status().accepts_visits
        believed = is_faulty and code_of(lambda: opened.commit(sealed(0))) == ""
        present = code_of(lambda: opened.commit(PRESENT))
    stage.disk.failing_disk_arm(0, 0, 0, 0)
    again, lost, recovers = after(stage, present == "")
    return Result(act, nth, failed, code, bool(accepts), present or "", bool(believed), again, lost, recovers)


def after(stage: Stage, told_present: bool) -> tuple[str, int, bool]:  # noqa: FBT001
    """Open the journal on a whole disk and look for what was acknowledged."""
    try:
        journal = stage.kiosk.open()
    except SyncError as exc:
        return exc.code, -1, False
    told = [sealed(number) for number in range(4)] + ([PRESENT] if told_present else [])
    lost = sum(1 for each in told if not journal.commit(each).is_repeat)
    for pending in journal.pending():
        journal.envelope_bytes(pending.envelope_id)
    journal.commit(sealed(10))
    journal.restore_reserve()
    return "", lost, journal.status().accepts_visits


def main(directory: str, kinds: str, error: str, once: str) -> None:
    """Let each act fail at its first call, its second, and so on, until it makes no more."""
    stage = Stage.prepare(Path(directory))

    def arm(nth: int) -> None:
        stage.disk.failing_disk_arm(int(kinds), ctypes.c_long(nth), int(error), int(once))

    for act in ("open", *ACTS):
        for nth in range(1, _MOST_CALLS):
            result = play(stage, act, nth, arm)
            os.write(1, msgspec.json.encode(result) + b"\n")
            if not result.failed:
                break
    stage.kiosk.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
