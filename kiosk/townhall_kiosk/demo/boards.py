# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The two boards of the demo's election: the real programs, each in its own directory, run when the line is there."""

import json
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from townhall_crypto.recipients import RecipientPrivateKey
from townhall_kiosk.demo.centre import CentreFailedError, DemoCentre

_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a board is made from: the signed package's folder, trusted authorities, officers' certificates."""

    package: Path
    anchors: Path
    officers: Sequence[bytes]


@dataclass(slots=True)
class DemoBoards:
    """Eligibility board and ballot box of one centre, in ``directory``."""

    directory: Path
    centre: DemoCentre

    @property
    def board(self) -> Path:
        """The eligibility board's home."""
        return self.directory / "board"

    @property
    def box(self) -> Path:
        """The ballot box's home."""
        return self.directory / "box"

    def log_key(self, election: str, mode: str) -> str:
        """Make the key of the box's public log, before the package that names it; return its verifier key."""
        made = ("--election", election, "--mode", mode, "--out", str(self._log_key.parent))
        return self.command("box", "log-key", *made).strip()

    def create(self, grounds: Grounds) -> None:
        """Make both boards and let the centre know them; the roll is not open yet."""
        certificates = self.directory / "officers"
        certificates.mkdir(parents=True)
        for number, certificate in enumerate(grounds.officers):
            (certificates / f"{number}.der").write_bytes(certificate)
        self._passphrase.touch(mode=0o600)
        self._passphrase.write_text(secrets.token_urlsafe(16))
        log_key = ("--log-key", str(self._log_key))
        for kind, home, keys in (("board", self.board, ()), ("box", self.box, log_key)):
            self.command(
                *(kind, "init", "--home", str(home), "--name", kind, "--centre", self.centre.url),
                *("--root", str(self.centre.data / "root.json"), "--package", str(grounds.package)),
                *("--anchors", str(grounds.anchors), "--officers", str(certificates), *self._signing, *keys),
            )
            self.centre.command(
                "agency", "add", "--data", str(self.centre.data), "--by", "anna", str(home / "agency.json")
            )

    def recipient(self, home: Path) -> RecipientPrivateKey:
        """Return what opens what is sealed to a board."""
        return RecipientPrivateKey.from_bytes((home / "keys" / "recipient.key").read_bytes())

    def open_roll(self, readers: Sequence[str], pin: str, environment: Mapping[str, str]) -> None:
        """Have two officers, whose cards lie in the readers, open the roll for the eligibility board."""
        path = self.directory / "pin"
        path.touch(mode=0o600)
        path.write_text(pin)
        cards = [part for reader in readers for part in ("--reader", reader, "--pin-file", str(path))]
        self.command("board", "open-roll", "--home", str(self.board), *cards, environment=environment)

    def pick_up(self) -> bool:
        """Have both take what the centre has; tell whether every device has reported its end to both."""
        kinds = (("board", self.board), ("box", self.box))
        told = [json.loads(self.command(kind, "run", "--home", str(home), "--once")) for kind, home in kinds]
        return all(each["devices"] and all(device["is_closed"] for device in each["devices"]) for each in told)

    def publish(self, folder: Path) -> None:
        """Have the box publish its log as it stands now, in ``folder`` and through the centre to kiosks."""
        self.command("box", "publish", "--home", str(self.box), "--out", str(folder), "--to-kiosks")

    def close(self, public: Path) -> Path:
        """Have the board settle and the box close; return the record, which waits for the trustees."""
        home, out = ("--home", str(self.board)), ("--out", str(public))
        self.command("board", "settle", *home, *out, *self._signing)
        accepted = ("--accepted", str(public / "accepted.json"), "--board-key", str(self.board / "keys" / "board.pub"))
        closed = self.command("box", "close", "--home", str(self.box), *accepted, *out, *self._signing)
        return public / str(json.loads(closed)["record"])

    def command(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Run one command of a board; return what it printed.

        Raises:
            CentreFailedError: it failed.
        """
        command = [str(Path(sys.executable).parent / "townhall-central"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_WITHIN_S, check=False, env=environment)
        if done.returncode != 0:
            raise CentreFailedError(f"{' '.join(arguments[:2])}: {done.stderr.strip()}")
        return done.stdout

    @property
    def _log_key(self) -> Path:
        return self.directory / "log-key" / "log.pem"

    @property
    def _passphrase(self) -> Path:
        return self.directory / "boards.passphrase"

    @property
    def _signing(self) -> tuple[str, str]:
        return ("--passphrase-file", str(self._passphrase))
