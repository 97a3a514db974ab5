# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From what is in the slots to what the visit is told: families of cards, and no exchange of cards unseen."""

from dataclasses import dataclass, field

from townhall_smartcard.cards import family_of_atr
from townhall_smartcard.messages import CardFamily, Reader, ReadersChanged, ServiceChanged
from townhall_smartcard.slots import Slot


@dataclass(slots=True)
class Inventory:
    """The readers as last told, and the cards that are still being probed.

    Pure: takes what was seen, returns what is to be said. A card of unknown ATR is not shown before its probe ended.
    """

    _told: tuple[Reader, ...] | None = None
    _is_running: bool | None = None
    _slots: tuple[Slot, ...] = ()
    _probed: dict[Slot, CardFamily] = field(default_factory=dict)
    _lost: frozenset[Slot] = frozenset()

    def see(self, seen: tuple[Slot, ...] | None) -> list[ReadersChanged | ServiceChanged]:
        """Take in all slots, or None when the service is away."""
        news: list[ReadersChanged | ServiceChanged] = []
        if (is_running := seen is not None) != self._is_running:
            self._is_running = is_running
            news.append(ServiceChanged(is_running))
        before, self._slots = self._slots, seen or ()
        self._lost &= frozenset(self._slots)
        self._probed = {slot: family for slot, family in self._probed.items() if slot in self._slots}
        exchanged = self._exchanged_since(before)
        if exchanged:
            news += self._tell(tuple(self._reader(slot, is_hidden=slot in exchanged) for slot in self._slots))
        return news + self._tell_now()

    def unprobed(self) -> tuple[Slot, ...]:
        """Return the cards whose ATR tells nothing and that nobody has probed yet."""
        shown = (slot for slot in self._slots if slot.is_occupied and slot not in self._lost)
        return tuple(slot for slot in shown if self._family(slot) is None)

    def probed(self, slot: Slot, family: CardFamily) -> list[ReadersChanged | ServiceChanged]:
        """Take in the end of a probe; one that ends after its card left is forgotten."""
        if slot in self._slots:
            self._probed[slot] = family
        return self._tell_now()

    def lost(self, reader: str) -> tuple[Slot | None, list[ReadersChanged | ServiceChanged]]:
        """Take in that a card was pulled during an operation, before the service noticed, if it does at all.

        Return its slot, to be given to ``returned`` when the service has had its time, and what is to be said.
        """
        slot = next((each for each in self._slots if each.name == reader and each.is_occupied), None)
        if slot is not None:
            self._lost |= {slot}
        return slot, self._tell_now()

    def returned(self, slot: Slot) -> list[ReadersChanged | ServiceChanged]:
        """Take in that the service still sees the card: it was put back faster than the service looks."""
        self._lost -= {slot}
        return self._tell_now()

    @property
    def is_running(self) -> bool:
        """Tell whether the PC/SC service was there when last seen."""
        return bool(self._is_running)

    def family_in(self, reader: str) -> CardFamily | None:
        """Return the family of the card in a reader, None for an empty or unknown one."""
        return next((each.card for each in self._told or () if each.name == reader), None)

    def _exchanged_since(self, before: tuple[Slot, ...]) -> frozenset[Slot]:
        earlier = {slot.name: slot for slot in before if slot.is_occupied}
        return frozenset(
            slot
            for slot in self._slots
            if slot.is_occupied and slot.name in earlier and slot.changes != earlier[slot.name].changes
        )

    def _tell_now(self) -> list[ReadersChanged | ServiceChanged]:
        return self._tell(tuple(self._reader(slot) for slot in self._slots))

    def _tell(self, readers: tuple[Reader, ...]) -> list[ReadersChanged | ServiceChanged]:
        if readers == self._told:
            return []
        self._told = readers
        return [ReadersChanged(readers)]

    def _reader(self, slot: Slot, *, is_hidden: bool = False) -> Reader:
        family = None if is_hidden else self._family(slot)
        return Reader(slot.name, family, b"" if family is None else slot.atr)

    def _family(self, slot: Slot) -> CardFamily | None:
        if not slot.is_occupied or slot in self._lost:
            return None
        if slot.is_mute:
            return CardFamily.DEAD
        return family_of_atr(slot.atr) or self._probed.get(slot)
