# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The demo's three trustees, of whom any two decrypt: the code of ``townhall trustee``, without a terminal."""

import shutil
from pathlib import Path
from typing import Final

from townhall_crypto.secret import Secret
from townhall_kiosk.trustee.ceremony import CeremonyDesk, CompareCeremony
from townhall_kiosk.trustee.counting import count
from townhall_kiosk.trustee.decryption import DecryptionDesk
from townhall_kiosk.trustee.exchange import Exchange
from townhall_kiosk.trustee.home import TrusteeHome
from townhall_kiosk.trustee.key_number import new_number
from townhall_kiosk.trustee.record_check import StrictVerifier
from townhall_kiosk.verify.run import Published
from townhall_voting.nonces import Randomness
from townhall_voting.record.completion import Counted
from townhall_voting.trustees.ceremony import Terms

SIZE: Final = 3
THRESHOLD: Final = 2
_ROUNDS: Final = 5  # that the stick goes round after the comparison


class DemoTrustees:
    """Three homes and the folder that goes round."""

    def __init__(self, directory: Path, randomness: Randomness) -> None:
        """Nothing is made yet."""
        self.exchange = Exchange(directory / "stick")
        self.exchange.path.mkdir(parents=True)
        self._randomness = randomness
        self._homes = [TrusteeHome(directory / f"trustee-{place}") for place in range(1, SIZE + 1)]
        self._numbers: list[Secret] = []

    def hold_ceremony(self, terms: Terms) -> bytes:
        """Hold the key ceremony; return trustees.json."""
        desks = [CeremonyDesk(home, self.exchange, self._randomness) for home in self._homes]
        for place, desk in enumerate(desks, start=1):
            self._numbers.append(new_number(self._randomness))
            desk.begin(terms, place, self._numbers[-1])
        seen = [desk.go_on(number) for desk, number in zip(desks, self._numbers, strict=True)]
        (agreed,) = {each.hash for each in seen if isinstance(each, CompareCeremony)}
        for _ in range(_ROUNDS):
            for desk, number in zip(desks, self._numbers, strict=True):
                desk.go_on(number, agreed)
        return (self.exchange.path / "trustees.json").read_bytes()

    def decrypt(self, record: Path, definition: bytes, published: Published) -> Counted:
        """Let the first and the third verify and decrypt, the second has lost the key; complete the record.

        Record and side-cars are then in ``record``'s folder.
        """
        stick = self.exchange.path
        (stick / "definition.json").write_bytes(definition)
        shutil.copy(record, stick / record.name)
        verifier = StrictVerifier(1, published)
        for place in (1, SIZE):
            desk = DecryptionDesk(self._homes[place - 1], self.exchange, verifier, self._randomness)
            examined = desk.examine(stick / record.name)
            desk.decrypt(examined, examined.hash, self._numbers[place - 1])
        counted = count(desk.home, self.exchange, stick / record.name, desk.examine(stick / record.name))
        for path in (stick / record.name, *stick.glob(f"{record.stem}.side-car.*.json")):
            shutil.copy(path, record.parent / path.name)
        return counted
