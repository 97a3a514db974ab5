# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The voting world with two kiosks, a desk and a booth, each with readers, printer and a person's hands of its own."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from townhall_kiosk.demo.person import Person
from townhall_kiosk.demo.voter import do_as_officers, officers_do, start
from townhall_kiosk.demo.voting_world import VotingWorld
from townhall_kiosk.demo.world import KIOSK, STAFF
from townhall_kiosk.home import KioskHome
from townhall_kiosk.keeper.app import make_device_key
from townhall_kiosk.simulation.jack import SimulatedJack
from townhall_kiosk.simulation.speech_server import SimulatedSpeechService
from townhall_kiosk.texts import Texts
from townhall_smartcard.simulation.estonian_card_person import Person as CardHolder
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.vpcd import VirtualReader
from townhall_voting.package.definition import Definition, Device, DeviceRole

BOOTH: Final = "booth-1"
_STOPS_WITHIN_S: Final = 60.0


class ApartWorld(VotingWorld):
    """A ``VotingWorld`` whose kiosk is the desk; the booth is beside it, and has never heard of the desk's cards."""

    kiosks = (KIOSK, BOOTH)

    def __init__(self, *, agency: str, log: Path, voters: Sequence[CardHolder]) -> None:
        super().__init__(agency=agency, log=log, voters=voters)
        self.booth_home = self.directory / "booth"
        self.booth_paper = self.directory / "booth-paper"
        self.at_booth = Person(self.directory / "at-booth")
        self.booth_speech = SimulatedSpeechService(self.directory / "booth-speech.sock")
        self.booth_jack = SimulatedJack(self.directory / "booth-jack")
        self._booth_pcscd: PrivatePcscd
        self.booth_reader: VirtualReader
        self._booth: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """As any voting world; then enrol the booth as well."""
        self.booth_speech.__enter__()
        self._booth_pcscd = PrivatePcscd()
        self.booth_reader = VirtualReader(None, "127.0.0.1", self._booth_pcscd.ports[0])
        super().__enter__()
        self._enrol(self.centre.code(BOOTH), self.booth_home, BOOTH)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the booth, then everything else."""
        self.stop_booth()
        self.booth_reader.close()
        self._booth_pcscd.close()
        self.at_booth.close()
        self.booth_speech.__exit__(kind, error, trace)
        self.booth_jack.close()
        super().__exit__(kind, error, trace)

    def _definition(self, device_key: bytes) -> Definition:
        self._furnish(self.booth_home, self.booth_paper, self.booth_speech, self.booth_jack)
        booth_key = make_device_key(KioskHome(self.booth_home)).public_der
        definition = super()._definition(device_key)
        (place,) = definition.places
        devices = (Device(KIOSK, DeviceRole.DESK, device_key), Device(BOOTH, DeviceRole.BOOTH, booth_key))
        return msgspec.structs.replace(definition, places=(msgspec.structs.replace(place, devices=devices),))

    def start_booth(self) -> None:
        """Switch the booth on."""
        self._booth = self._keeper(self.booth_home, self.at_booth, self.kiosk_environment(self._booth_pcscd))

    def stop_booth(self) -> None:
        """Switch the booth off as staff would."""
        if self._booth is not None:
            self._booth.terminate()
            self._booth.wait(_STOPS_WITHIN_S)
            self._booth = None

    def kill_booth(self) -> None:
        """Pull the plug of the booth's keeper."""
        assert self._booth is not None
        self._booth.kill()
        self._booth.wait(_STOPS_WITHIN_S)
        self._booth = None

    def officers_act(self, act: str, text: Texts) -> None:
        """Let the two officers do ``act`` at the desk, then at the booth."""
        officers_do(self, text, act, lambda _name: None)
        start(self.at_booth, text)
        self.at_booth.press(text("voting.offer.officers"))
        self.at_booth.wait_for("MessageScreen", text("voting.officer.heading"))
        cards = [self.card_of(officer) for officer in STAFF]
        self.booth_reader.insert(cards[0])
        do_as_officers(self.at_booth, self.booth_reader, cards, text, act, lambda _name: None)
