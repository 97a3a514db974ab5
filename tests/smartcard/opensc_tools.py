# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""OpenSC's tools before a reader of a running service."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from townhall_smartcard.simulation.pcscd import PrivatePcscd

TIMEOUT_S = 60


@dataclass
class OpenScTools:
    """Run in a folder of their own."""

    service: PrivatePcscd
    folder: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env=self.service.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )

    def said(self, *command: str) -> str:
        """Return what a tool said; it must have succeeded."""
        done = self.run(*command)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def wait_for_card(self) -> None:
        """Ask until the service sees the card: ``--wait`` can miss one that comes as it begins to wait."""
        until = time.monotonic() + TIMEOUT_S
        while (asked := self.run("opensc-tool", "--atr")).returncode != 0:
            assert time.monotonic() < until, asked.stderr
