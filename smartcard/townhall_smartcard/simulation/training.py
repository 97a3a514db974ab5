# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A desk with simulated cards for staff who train: a word puts a card into the virtual reader or takes it out."""

from pathlib import Path
from typing import Final

from townhall_smartcard.simulation.contactless_card import ContactlessCard
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_person import AINO, JUHAN, KADRI
from townhall_smartcard.simulation.faulty_card import DeadCard, FaultyCard
from townhall_smartcard.simulation.pace_gate import CAN
from townhall_smartcard.simulation.pki import Standing, TestPki
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader

PERSONS: Final = {"kadri": KADRI, "juhan": JUHAN, "aino": AINO}
CONDITIONS: Final = ("good", "expired", "revoked", "mute", "dead")
HELP: Final = (
    f"in [{'|'.join(PERSONS)}] [{'|'.join(CONDITIONS)}]   put a card in (PIN 1: 1234, PIN 2: 12345, PUK: 12345678)\n"
    f"hold, the same words     hold it to a reader without contacts (access number {CAN.decode()})\n"
    "out                  take it away\n"
    "quit                 end\n"
)
_PLACES: Final = {"in": "In the slot", "hold": "On the reader"}
_MUTE_AFTER: Final = 30  # in the middle of reading


class TrainingDesk:
    """Cards that remember their PIN counters, and one slot to put them in."""

    def __init__(self, pki: TestPki, reader: VirtualReader) -> None:
        """Take who certifies the cards and where they are put."""
        self._pki: Final = pki
        self._reader: Final = reader
        self._cards: Final[dict[tuple[str, str], EstonianCard]] = {}
        self._held: Final[dict[EstonianCard, ContactlessCard]] = {}  # each card's side without contacts

    def do(self, line: str) -> str:
        """Do what a line of words says; return what to tell, which is the help for a line not understood."""
        match line.split():
            case ["out"]:
                self._reader.remove()
                return "The slot is empty.\n"
            case ["in" | "hold" as verb, *words] if len(words) <= 2:
                name, condition = (*words, *("kadri", "good")[len(words) :])
                if name in PERSONS and condition in CONDITIONS:
                    self._reader.remove()
                    self._reader.insert(self._in_condition(name, condition, is_held=verb == "hold"))
                    return f"{_PLACES[verb]}: {name}, {condition}.\n"
        return HELP

    def _in_condition(self, name: str, condition: str, *, is_held: bool) -> VirtualCard:
        if condition == "dead":
            return DeadCard()
        is_mute = condition == "mute"
        card = self._card(name, "good" if is_mute else condition)
        side = self._held.setdefault(card, ContactlessCard(card)) if is_held else card
        return FaultyCard(side).mute_after(_MUTE_AFTER) if is_mute else side

    def _card(self, name: str, condition: str) -> EstonianCard:
        if (name, condition) not in self._cards:
            keys = self._pki.issue_card_keys(PERSONS[name], Standing[condition.upper()])
            self._cards[name, condition] = EstonianCard(PERSONS[name], keys)
        return self._cards[name, condition]


def write_trust(pki: TestPki, folder: Path) -> None:
    """Write the authorities' certificates and lists where a kiosk's catalogue has them: anchors, intermediates, crls.

    Raises:
        OSError: it cannot be written.
    """
    for name, suffix, contents in (
        ("anchors", "der", pki.anchors_der),
        ("intermediates", "der", pki.intermediates_der),
        ("crls", "crl", pki.crls_der),
    ):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(contents):
            (folder / name / f"{number}.{suffix}").write_bytes(content)
