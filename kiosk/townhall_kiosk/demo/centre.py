# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A centre and an agency inbox of the demo: the real programs, started and stopped like a line that comes and goes."""

import contextlib
import json
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from townhall_kiosk.errors import KioskError

_WITHIN_S = 60.0


class CentreFailedError(KioskError):
    """A command of the demo's centre failed."""

    code = "TH-KIOS-006"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class DemoCentre:
    """One centre with one agency in ``directory``; its address stays the same whether it runs or not."""

    directory: Path
    agency: str
    port: int = field(default_factory=_free_port)
    log: Path | None = None  # where the server logs to; None: the terminal
    _server: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Where kiosks find it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        """The centre's data directory."""
        return self.directory / "centre"

    @property
    def inbox(self) -> Path:
        """The agency's own directory, with its private keys."""
        return self.directory / "inbox"

    @property
    def _passphrase(self) -> Path:
        return self.directory / "centre.passphrase"

    def create(self, services: Path, trust: Path, trust_services: Sequence[str] = ()) -> None:
        """Make the centre and its agency; ``trust_services`` are options that tell the agency whom to ask."""
        self._passphrase.touch(mode=0o600)
        self._passphrase.write_text(secrets.token_urlsafe(16))
        self.command("init", "--data", str(self.data), "--origin", "demo.townhall", *self._ca())
        self.command(
            *("inbox", "init", "--inbox", str(self.inbox), "--name", self.agency, "--centre", self.url),
            *("--root", str(self.data / "root.json"), "--services", str(services), "--anchors", str(trust)),
            *trust_services,
        )
        self.command("agency", "add", "--data", str(self.data), "--by", "anna", str(self.inbox / "agency.json"))

    def publish(self, content: Path) -> None:
        """Sign a catalogue of what lies in ``content``, with keys that are forgotten at once, and let kiosks know."""
        command = [sys.executable, "-I", "-m", "townhall_central.simulation.catalogue"]
        self._run([*command, str(content), str(self.data / "catalogue")])
        self.command("catalogue", "--data", str(self.data))

    def agency_file(self) -> dict[str, str]:
        """Return the agency's public file."""
        content: dict[str, str] = json.loads((self.inbox / "agency.json").read_bytes())
        return content

    def code(self, kiosk: str) -> str:
        """Make a one-time code, as the first administrator."""
        return self.command("code", "--data", str(self.data), "--by", "anna", kiosk).strip()

    def waiting(self) -> list[str]:
        """Return the ids of enrolments that wait for approval."""
        status = json.loads(self.command("status", "--data", str(self.data)))
        return [entry["id"] for entry in status["waiting"]]

    def approve(self, enrolment: str) -> None:
        """Approve an enrolment, as the second administrator."""
        self.command("approve", "--data", str(self.data), "--by", "bert", *self._ca(), enrolment)

    @property
    def is_running(self) -> bool:
        """Whether it answers kiosks."""
        return self._server is not None and self._server.poll() is None

    def start(self) -> None:
        """The line is there."""
        command = [*_program(), "serve", "--data", str(self.data), "--port", str(self.port)]
        with contextlib.ExitStack() as files:
            log = files.enter_context(self.log.open("ab")) if self.log is not None else None
            self._server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._server.stdout is not None  # noqa: S101  # a pipe was asked for
        if not self._server.stdout.readline().startswith("listening on"):
            raise CentreFailedError("the centre did not start")

    def stop(self) -> None:
        """The line is gone."""
        if self._server is not None:
            self._server.kill()
            self._server.communicate()
            self._server = None

    def fetch(self) -> list[tuple[int, str]]:
        """Let the agency fetch once; return number and state of each of its cases."""
        self.command("inbox", "run", "--inbox", str(self.inbox), "--once")
        lines = self.command("inbox", "list", "--inbox", str(self.inbox)).splitlines()
        return [(int(number), state) for number, state, _worth in (line.split("  ") for line in lines)]

    def case(self, number: int, document: Path) -> str:
        """Return what the agency sees of one case, as JSON, and write its signed document."""
        return self.command("inbox", "show", "--inbox", str(self.inbox), str(number), "--document", str(document))

    def shown(self, number: int) -> str:
        """Return what the agency sees of one case, as JSON."""
        return self.command("inbox", "show", "--inbox", str(self.inbox), str(number))

    def take_stick(self, stick: Path) -> str:
        """Take what kiosks sent by stick and answer there; return the report, as JSON."""
        return self.command("stick", "--data", str(self.data), str(stick))

    def worth(self, number: int) -> str:
        """Return what the signature of a case is worth, and the level of its document."""
        lines = self.command("inbox", "list", "--inbox", str(self.inbox)).splitlines()
        return next(worth for each, _state, worth in (line.split("  ") for line in lines) if int(each) == number)

    def archived(self, number: int, document: Path) -> None:
        """Write the document of a case with all of its proof."""
        self.command("inbox", "show", "--inbox", str(self.inbox), str(number), "--archived", str(document))

    def remove(self) -> None:
        """Stop and delete everything."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _ca(self) -> tuple[str, str]:
        return ("--passphrase-file", str(self._passphrase))

    def command(self, *arguments: str) -> str:
        """Run one command of the centre; return what it printed.

        Raises:
            CentreFailedError: it failed.
        """
        return self._run([*_program(), *arguments])

    @staticmethod
    def _run(command: list[str]) -> str:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_WITHIN_S, check=False)
        if done.returncode != 0:
            raise CentreFailedError(f"{' '.join(command[:4])}: {done.stderr.strip()}")
        return done.stdout


def _program() -> list[str]:
    return [str(Path(sys.executable).parent / "townhall-central")]
