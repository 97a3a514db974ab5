# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From the list of readers to what it means for one visit: its card came, went, or is not alone."""

from townhall_kiosk import events as on
from townhall_kiosk.card_problem import CardProblem
from townhall_smartcard.messages import SERVED_FAMILIES, CardFamily, Reader

_PROBLEMS = {
    CardFamily.TOO_OLD: CardProblem.TOO_OLD,
    CardFamily.FOREIGN: CardProblem.UNSUPPORTED,
    CardFamily.DEAD: CardProblem.DEAD,
}


class CardWatch:
    """Remembers which reader holds the visit's card; a second card later changes nothing for it."""

    def __init__(self, staff_reader: str = "") -> None:
        """Start without a card; the reader of this name, if any, is for staff, and never looked at for a citizen's."""
        self._staff_reader = staff_reader
        self._staff_card: bool | None = None  # None: not seen yet; a card that lies there since before is nobody's act
        self._ours: str | None = None
        self._seen: tuple[str, ...] = ()

    def take(self, reader: str) -> None:
        """From now on the card in ``reader`` is the visit's."""
        if not self._is_staffs(reader):
            self._ours = reader

    def has_reader(self, readers: tuple[Reader, ...]) -> bool:
        """Tell whether there is a reader for citizens."""
        return bool(self._citizens(readers))

    def notice_staff(self, readers: tuple[Reader, ...]) -> on.Event | None:
        """Return what a change of readers means for staff, if anything."""
        holding = next((each.name for each in readers if self._is_staffs(each.name) and each.card is not None), None)
        before, self._staff_card = self._staff_card, holding is not None
        if holding is not None:
            return on.StaffCardInserted(holding) if before is False else None
        return on.StaffCardRemoved() if before else None

    def _is_staffs(self, name: str) -> bool:
        """Tell by the name, or its beginning: PC/SC puts numbers behind it."""
        return bool(self._staff_reader) and (name == self._staff_reader or name.startswith(f"{self._staff_reader} "))

    def _citizens(self, readers: tuple[Reader, ...]) -> tuple[Reader, ...]:
        return tuple(each for each in readers if not self._is_staffs(each.name))

    def notice(self, readers: tuple[Reader, ...]) -> on.Event | None:
        """Return what a change of readers means, if anything."""
        readers = self._citizens(readers)
        with_card = tuple(reader.name for reader in readers if reader.card is not None)
        before, self._seen = self._seen, with_card
        if self._ours is not None:
            if self._ours in with_card:
                return None
            self._ours = None
            return on.CardRemoved()
        if before and not with_card:
            return on.CardRemoved()
        return None if before == with_card else self.look(readers)

    def look(self, readers: tuple[Reader, ...]) -> on.Event | None:
        """Return which card there is to begin with, if any."""
        cards = [reader for reader in self._citizens(readers) if reader.card is not None]
        self._seen = tuple(reader.name for reader in cards)
        if not cards:
            return None
        if len(cards) > 1:
            return on.SeveralCardsSeen()
        card = cards[0]
        if card.card in SERVED_FAMILIES:
            return on.CardInserted(card.name)
        problem = _PROBLEMS.get(card.card) if card.card else None
        return on.CardUnusable(problem or CardProblem.UNSUPPORTED)
