# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From the list of readers to what it means for one visit: its card came, went, or is not alone."""

from townhall_kiosk import events as on
from townhall_kiosk.card_problem import CardProblem
from townhall_smartcard.messages import CardFamily, Reader

_PROBLEMS = {
    CardFamily.TOO_OLD: CardProblem.TOO_OLD,
    CardFamily.FOREIGN: CardProblem.UNSUPPORTED,
    CardFamily.DEAD: CardProblem.DEAD,
}


class CardWatch:
    """Remembers which reader holds the visit's card; a second card later changes nothing for it."""

    def __init__(self) -> None:
        """Start without a card."""
        self._ours: str | None = None
        self._seen: tuple[str, ...] = ()

    def take(self, reader: str) -> None:
        """From now on the card in ``reader`` is the visit's."""
        self._ours = reader

    def notice(self, readers: tuple[Reader, ...]) -> on.Event | None:
        """Return what a change of readers means, if anything."""
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
        cards = [reader for reader in readers if reader.card is not None]
        self._seen = tuple(reader.name for reader in cards)
        if not cards:
            return None
        if len(cards) > 1:
            return on.SeveralCardsSeen()
        card = cards[0]
        if card.card is CardFamily.ESTEID_2018:
            return on.CardInserted(card.name)
        problem = _PROBLEMS.get(card.card) if card.card else None
        return on.CardUnusable(problem or CardProblem.UNSUPPORTED)
