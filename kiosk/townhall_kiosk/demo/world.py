# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A small world around one kiosk: a card issuer, readers, a centre with an agency, a person. All real but the card."""

import base64
import contextlib
import json
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

from townhall_forms.service import load_services
from townhall_kiosk.demo.centre import CentreFailedError, DemoCentre
from townhall_kiosk.demo.person import Hands, Person
from townhall_kiosk.simulation.jack import SimulatedJack
from townhall_kiosk.simulation.speech_server import SimulatedSpeechService
from townhall_kiosk.simulation.staff import line, roster_bytes
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import AINO, JUHAN
from townhall_smartcard.simulation.estonian_card_person import Person as CardHolder
from townhall_smartcard.simulation.estonian_card_pins import Pins
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.trust_services import SimulatedTrustServices
from townhall_smartcard.simulation.vpcd import VirtualReader

SERVICES = Path(__file__).resolve().parents[3] / "services"
KIOSK = "kiosk-1"
STAFF = (JUHAN, AINO)
LANGUAGES = ["en", "et", "fr", "ar"]
_ENROL_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.05


class World:
    """Everything that one visit needs, in one temporary directory; use it as a context manager."""

    kiosks: tuple[str, ...] = (KIOSK,)
    """What the town's list of places has."""
    services: tuple[str, ...] = ("change-of-address", "residence-consent")
    """Those of the shipped services that the town offers; all go to its one agency."""

    def __init__(
        self,
        holder: CardHolder,
        hands: Hands = Hands.TOUCH,
        *,
        agency: str,
        log: Path | None = None,
        is_archiving: bool = False,
    ) -> None:
        """Nothing is started before the context is entered; kiosk and centre log to ``log``, or to the terminal.

        ``is_archiving``: the agency has a time-stamping authority and the issuer's responder to ask.
        """
        self._log = log
        self._is_archiving = is_archiving
        self.directory = Path(tempfile.mkdtemp(prefix="townhall-"))
        self.pki = TestPki()
        self._trust_services = SimulatedTrustServices(self.pki)
        self.holder = holder
        self._card_keys: dict[str, CardKeys] = {}
        self.card = self.card_of(holder)
        self.centre = DemoCentre(self.directory / "centre", agency, log=log)
        self.person = Person(self.directory / "person", hands)
        self.home = self.directory / "kiosk"
        self.paper = self.directory / "paper"
        self.speech = SimulatedSpeechService(self.directory / "speech.sock")
        self.jack = SimulatedJack(self.directory / "jack")
        self.readers: list[VirtualReader] = []
        self.pcscd: PrivatePcscd
        self._kiosk: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start the readers, make the centre, and enrol the kiosk over the line."""
        self.speech.__enter__()
        self.pcscd = PrivatePcscd()
        self.readers = [VirtualReader(None, "127.0.0.1", port) for port in self.pcscd.ports]
        self._issue_trust()
        self.centre.directory.mkdir()
        self.centre.create(SERVICES, self._agency_trust(), self._whom_to_ask())
        self.centre.publish(self._write_content())
        self._make_home()
        with ThreadPoolExecutor() as meanwhile:  # the server takes a second to load
            starting = meanwhile.submit(self.centre.start)
            code = self.centre.code(KIOSK)
            starting.result()
        self._enrol(code, self.home, KIOSK)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything and delete the directory."""
        self.stop_kiosk()
        self.centre.stop()
        self._trust_services.__exit__(None, None, None)
        for reader in self.readers:
            reader.close()
        self.pcscd.close()
        self.person.close()
        self.speech.__exit__(kind, error, trace)
        self.jack.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def card_of(self, holder: CardHolder, pins: Pins = Pins()) -> EstonianCard:  # noqa: B008  # frozen
        """Return a card of ``holder`` as it comes from the issuer; always with the same keys."""
        return EstonianCard(holder, self.keys_of(holder), pins=pins)

    def keys_of(self, holder: CardHolder) -> CardKeys:
        """Return the keys on all cards of ``holder``."""
        if holder.personal_code not in self._card_keys:
            self._card_keys[holder.personal_code] = self.pki.issue_card_keys(holder)
        return self._card_keys[holder.personal_code]

    @property
    def _trust(self) -> Path:
        return self.directory / "content" / "trust"

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

    def _whom_to_ask(self) -> tuple[str, ...]:
        if not self._is_archiving:
            return ()
        services = self._trust_services.__enter__()
        return ("--tsa", services.tsa, "--ocsp", services.ocsp)

    def _agency_trust(self) -> Path:
        """Write what the agency trusts: the same, and a time-stamping authority."""
        trust, stamping = self.directory / "agency-trust", self.pki.timestamp_anchors
        shutil.copytree(self._trust, trust)
        for folder, files in (("anchors", stamping.anchors_der), ("crls", stamping.crls_der)):
            (trust / "timestamps" / folder).mkdir(parents=True)
            for number, content in enumerate(files):
                (trust / "timestamps" / folder / f"{number}.der").write_bytes(content)
        return trust

    def _write_content(self) -> Path:
        """Write what the town publishes; returns the directory."""
        content = self._trust.parent
        for service in self.services:
            shutil.copytree(SERVICES / service, content / "services" / service)
        key = base64.b64decode(self.centre.agency_file()["recipient_key"])
        for recipient in {each.recipient for each in load_services(content / "services")}:
            folder = content / "recipients" / recipient
            folder.mkdir(parents=True)
            (folder / "1.key").write_bytes(key)
        places = {
            "version": 1,
            "languages": LANGUAGES,
            "groups": {"all": {"services": self.services}},
            "kiosks": {kiosk: {"place": "Tamme Library", "group": "all"} for kiosk in self.kiosks},
        }
        (content / "places").mkdir()
        (content / "places" / "places.json").write_text(json.dumps(places))
        (content / "staff").mkdir()
        (content / "staff" / "staff.json").write_bytes(self._staff())
        return content

    def _staff(self) -> bytes:
        """Return the list of staff: everybody of ``STAFF`` is an administrator."""
        cards = (self.keys_of(holder).authentication.certificate for holder in STAFF)
        return roster_bytes(*(line(card, "administrator", self.pki.at) for card in cards))

    def _make_home(self) -> None:
        self._furnish(self.home, self.paper, self.speech, self.jack)

    def _furnish(self, home: Path, paper: Path, speech: SimulatedSpeechService, jack: SimulatedJack) -> None:
        """Make the home of a kiosk whose receipts come out in ``paper``."""
        paper.mkdir()
        home.mkdir()
        (home / "kiosk.toml").write_text(
            f'centre = "{self.centre.url}"\nlanguages = {json.dumps(LANGUAGES)}\n'
            f'window = "1280x800"\nppi = 118.0\npaper = "{paper}"\n'
            f'speech = "{speech.path}"\nheadphones = "{jack.path}"\n'
            "retry_base_s = 0.5\nretry_cap_s = 1.0\nline_check_s = 1.0\n"
        )

    def _enrol(self, code: str, home: Path, kiosk: str) -> None:
        command = [*_townhall(), "enrol", "--home", str(home), kiosk, code]
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
        self._kiosk = self._keeper(self.home, self.person, self.kiosk_environment())

    def _keeper(self, home: Path, person: Person, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start a keeper, whose windows ``person`` is in front of."""
        command = [*_demo_kiosk(), str(home), str(person.socket_path)]
        with contextlib.ExitStack() as files:
            log = files.enter_context(self._log.open("ab")) if self._log is not None else None
            return subprocess.Popen(command, env=environment, stderr=log)

    def kiosk_environment(self, pcscd: PrivatePcscd | None = None) -> Mapping[str, str]:
        """Return the environment of a kiosk's processes: this world's PC/SC service, or another, and a display."""
        environment = (pcscd or self.pcscd).environment
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
