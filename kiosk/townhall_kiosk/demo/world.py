# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A small world around one kiosk: a card issuer, readers, a centre with an agency, a person. All real but the card."""

import base64
import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from townhall_kiosk.demo.centre import CentreFailedError, DemoCentre
from townhall_kiosk.demo.person import Hands, Person
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import Person as CardHolder
from townhall_smartcard.simulation.estonian_card_pins import Pins
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.vpcd import VirtualReader

SERVICES = Path(__file__).resolve().parents[3] / "services"
KIOSK = "kiosk-1"
_ENROL_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.05


class World:
    """Everything that one visit needs, in one temporary directory; use it as a context manager."""

    def __init__(self, holder: CardHolder, hands: Hands = Hands.TOUCH, *, agency: str, log: Path | None = None) -> None:
        """Nothing is started before the context is entered; kiosk and centre log to ``log``, or to the terminal."""
        self._log = log
        self.directory = Path(tempfile.mkdtemp(prefix="townhall-"))
        self.pki = TestPki()
        self.holder = holder
        self._card_keys: dict[str, CardKeys] = {}
        self.card = self.card_of(holder)
        self.centre = DemoCentre(self.directory / "centre", agency, log=log)
        self.person = Person(self.directory / "person", hands)
        self.home = self.directory / "kiosk"
        self.paper = self.directory / "paper"
        self.readers: list[VirtualReader] = []
        self.pcscd: PrivatePcscd
        self._kiosk: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start the readers, make the centre, and enrol the kiosk over the line."""
        self.pcscd = PrivatePcscd()
        self.readers = [VirtualReader(None, "127.0.0.1", port) for port in self.pcscd.ports]
        self._issue_trust()
        self.centre.directory.mkdir()
        self.centre.create(SERVICES, self._trust)
        self._make_home()
        with ThreadPoolExecutor() as meanwhile:  # the server takes a second to load
            starting = meanwhile.submit(self.centre.start)
            code = self.centre.code(KIOSK)
            starting.result()
        self._enrol(code)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything and delete the directory."""
        self.stop_kiosk()
        self.centre.stop()
        for reader in self.readers:
            reader.close()
        self.pcscd.close()
        self.person.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def card_of(self, holder: CardHolder, pins: Pins = Pins()) -> EstonianCard:  # noqa: B008  # frozen
        """Return a card of ``holder`` as it comes from the issuer; always with the same keys."""
        if holder.personal_code not in self._card_keys:
            self._card_keys[holder.personal_code] = self.pki.issue_card_keys(holder)
        return EstonianCard(holder, self._card_keys[holder.personal_code], pins=pins)

    @property
    def _trust(self) -> Path:
        return self.home / "catalogue" / "trust"

    def _issue_trust(self) -> None:
        """Write the card issuer's public certificates where kiosk and agency look for them."""
        for folder, suffix, files in (
            ("anchors", "der", self.pki.anchors_der),
            ("intermediates", "der", self.pki.intermediates_der),
            ("crls", "crl", self.pki.crls_der),
        ):
            (self._trust / folder).mkdir(parents=True)
            for number, content in enumerate(files):
                (self._trust / folder / f"{number}.{suffix}").write_bytes(content)

    def _make_home(self) -> None:
        self.paper.mkdir()
        shutil.copytree(SERVICES, self.home / "catalogue" / "services")
        recipients = self.home / "catalogue" / "recipients" / self.centre.agency
        recipients.mkdir(parents=True)
        (recipients / "1.key").write_bytes(base64.b64decode(self.centre.agency_file()["recipient_key"]))
        (self.home / "kiosk.toml").write_text(
            f'place = "Tamme Library"\ncentre = "{self.centre.url}"\nlanguages = ["en", "ar"]\n'
            f'window = "1280x800"\nppi = 118.0\npaper = "{self.paper}"\n'
            "retry_base_s = 0.5\nretry_cap_s = 1.0\nline_check_s = 1.0\n"
        )

    def _enrol(self, code: str) -> None:
        command = [*_townhall(), "enrol", "--home", str(self.home), KIOSK, code]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as enrolling:
            deadline = time.monotonic() + _ENROL_WITHIN_S
            while not (waiting := self.centre.waiting()):
                if time.monotonic() > deadline or enrolling.poll() is not None:
                    enrolling.kill()
                    raise CentreFailedError("the kiosk's enrolment never arrived")
                time.sleep(_LOOK_EVERY_S)
            self.centre.approve(waiting[0])
            _out, error = enrolling.communicate(timeout=_ENROL_WITHIN_S)
        if enrolling.returncode != 0:
            raise CentreFailedError(f"the kiosk was not enrolled: {error.decode()}")

    def start_kiosk(self) -> None:
        """Switch the kiosk on."""
        command = [*_demo_kiosk(), str(self.home), str(self.person.socket_path)]
        with contextlib.ExitStack() as files:
            log = files.enter_context(self._log.open("ab")) if self._log is not None else None
            self._kiosk = subprocess.Popen(command, env=self.kiosk_environment(), stderr=log)

    def kiosk_environment(self) -> Mapping[str, str]:
        """Return the environment of the kiosk's processes: this world's PC/SC service, and a display."""
        environment = self.pcscd.environment
        if not {"DISPLAY", "WAYLAND_DISPLAY"} & environment.keys():
            environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        return environment

    @property
    def kiosk_pid(self) -> int:
        """The keeper's process id."""
        if self._kiosk is None:
            raise CentreFailedError("the kiosk is not running")
        return self._kiosk.pid

    def stop_kiosk(self) -> None:
        """Switch the kiosk off as staff would."""
        if self._kiosk is not None:
            self._kiosk.terminate()
            self._kiosk.wait(_ENROL_WITHIN_S)
            self._kiosk = None

    def kill_kiosk(self) -> None:
        """Pull the plug of the keeper."""
        if self._kiosk is not None:
            self._kiosk.kill()
            self._kiosk.wait(_ENROL_WITHIN_S)
            self._kiosk = None


def _townhall() -> list[str]:
    return [str(Path(sys.executable).parent / "townhall")]


def _demo_kiosk() -> list[str]:
    return [sys.executable, "-I", "-m", "townhall_kiosk.demo.kiosk_process"]
