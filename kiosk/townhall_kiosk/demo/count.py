# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The counting half of ``townhall demo vote``: line, boards, trustees, record, and the verifiers' word on it."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from townhall_kiosk.demo.centre import CentreFailedError
from townhall_kiosk.demo.diary import Diary
from townhall_kiosk.demo.voting_world import VotingWorld
from townhall_kiosk.verify.run import Published

_DELIVERED_WITHIN_S = 120.0
_LOOK_EVERY_S = 1.0


def count_votes(world: VotingWorld, diary: Diary, folder: Path) -> None:
    """Bring the votes to the boards, count them, and leave the verified record with its report in ``folder``.

    Raises:
        CentreFailedError: nothing came, or a command or verifier refused.
    """
    world.centre.start()
    deadline = time.monotonic() + _DELIVERED_WITHIN_S
    while not world.boards.pick_up():
        if time.monotonic() > deadline:
            raise CentreFailedError("the votes never reached the boards")
        time.sleep(_LOOK_EVERY_S)
    diary.note("The line is back; both boards have what the kiosk sent, each its own half.")
    record = world.boards.close(folder.resolve())
    diary.note("The eligibility board settled, the ballot box closed: the record waits for the trustees.")
    shutil.copy(world.boards.box / "keys" / "board.pub", folder / "ballot-box.pub")
    published = Published(
        folder.resolve(), (folder / "log.vkey").read_text().strip(), folder.resolve() / "ballot-box.pub"
    )
    counted = world.trustees.decrypt(record, world.definition.to_bytes(), published)
    diary.note(f"Trustees 1 and 3 of 3 verified and decrypted; trustee 2's key is lost. {counted.result.data.decode()}")
    _verify(record, published, diary)


def _verify(record: Path, published: Published, diary: Diary) -> None:
    folder = record.parent
    beside = ("--published", str(folder), "--log-key", published.log_key, "--box-key", str(published.box_certificate))
    report = ("--report", str(folder / "verification"))
    _run([str(Path(sys.executable).parent / "townhall"), "verify", str(record), *beside, *report], folder)
    diary.note("townhall verify: the record holds, ballot by ballot and against the public log.")
    alone = folder / "alone"  # the tool takes one record a folder, and nothing of ours
    alone.mkdir()
    shutil.copy(record, alone / record.name)
    _run(["belenios-tool", "election", "verify"], alone)
    shutil.rmtree(alone)
    diary.note("belenios-tool election verify: all checks passed.")


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    if done.returncode != 0:
        raise CentreFailedError(f"{Path(command[0]).name}: {done.stderr.strip() or done.stdout.strip()}")
