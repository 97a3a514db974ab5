# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ballot box's log all the way round: votes to the box, its log to the kiosk, its root onto a later receipt.

The receipt is read as its owner's telephone reads it, and checked by the command for auditors, which finds that what
the box published goes on from what the receipt names (kiosk/test_voting_receipt_command.py has boxes that cheat).
"""

import subprocess
import sys
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from townhall_voting.eligibility.batches import MINIMUM_BATCH

if TYPE_CHECKING:
    from tests.journeys import polling, searching
else:
    # Tests are no package (style rule 26).
    polling, searching = (
        SimpleNamespace(**run_path(str(Path(__file__).with_name(f"{name}.py")))) for name in ("polling", "searching")
    )

pytestmark = pytest.mark.long


def receipt_of(place: "polling.PollingPlace", directory: Path) -> str:
    """Let somebody vote; return what their receipt's code says."""
    (place.world.paper / "receipt.pdf").unlink(missing_ok=True)
    place.vote(place.somebody())
    page = directory / "page"
    subprocess.run(["pdftoppm", "-r", "300", "-png", place.world.paper / "receipt.pdf", page], check=True)
    return str(searching.qr_content(next(directory.glob("page*.png")).read_bytes(), directory))


def check(receipt: str, home: Path, public: Path, key: str) -> "subprocess.CompletedProcess[str]":
    program = Path(sys.executable).parent / "townhall"
    certificate = ("--certificate", str(home / "enrolment" / "device.der"))
    log = ("--published", str(public), "--log-key", key)
    return subprocess.run(
        [program, "receipt", "verify", *certificate, *log, receipt], capture_output=True, text=True, check=False
    )


def test_the_root_of_the_boxs_log_comes_by_the_line_onto_later_receipts_and_binds_the_box(tmp_path: Path) -> None:
    voters = polling.VOTERS[: MINIMUM_BATCH + 2]
    with polling.PollingPlace.founded(tmp_path / "log", voters) as place:
        world, boards = place.world, place.world.boards
        place.start()
        first = receipt_of(place, tmp_path)
        for _voter in range(MINIMUM_BATCH - 1):
            place.vote(place.somebody())
        world.stop_kiosk()
        world.centre.start()
        world.start_kiosk()  # its first look sends the batch, for nothing tells when its votes were cast
        box = ("box", "status", "--home", str(boards.box))
        place.until(lambda: not boards.pick_up() and f'"town": {MINIMUM_BATCH}' in boards.command(*box), "the ballots")
        boards.publish(tmp_path / "public")
        world.stop_kiosk()
        place.start()
        size = len((tmp_path / "public" / "log.jsonl").read_bytes().splitlines())
        place.until(lambda: f"BALLOT_LOG_SEEN {size}" in seen(place), "the log at the kiosk")
        later = receipt_of(place, tmp_path)
        key = world.definition.ballot_log
        told = check(later, world.home, tmp_path / "public", key)
        assert told.returncode == 0, told.stderr
        assert f"Box log:  {size} entries" in told.stdout
        assert f"The published log begins with these {size} entries." in told.stdout
        assert "The ballot is not in the published log yet." in told.stdout
        told = check(first, world.home, tmp_path / "public", key)
        assert "Box log:  none seen" in told.stdout
        assert "The ballot is in the published log." in told.stdout


def seen(place: "polling.PollingPlace") -> str:
    """Return what the keeper noted of the log, as "event size"."""
    return "\n".join(f"{each.event} {dict(each.facts).get('size')}" for each in place.entries())
