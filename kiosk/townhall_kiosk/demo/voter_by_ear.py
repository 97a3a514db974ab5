# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Somebody who cannot see votes: by headphones and a keyboard, and by nothing else.

They know what is voted on, whom they want, their PIN, and where the reader is. That the ballot is theirs they know by
what is read to them: their choices before it is made, and the words of the slip in the sentence that they sign.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from townhall_kiosk.demo.ears import EarsAndFingers
from townhall_kiosk.demo.person import PersonLostError
from townhall_kiosk.texts import Texts


@dataclass(slots=True)
class VoterByEar:
    """One person; ``wishes`` are names of candidates by contest, in their language."""

    by: EarsAndFingers
    text: Texts
    wishes: Mapping[str, tuple[str, ...]]
    insert_card: Callable[[], None]
    remove_card: Callable[[], None]
    is_checking: bool = False
    """Whether a first ballot is opened; the one that is cast is another."""
    pin2: str = "12345"
    counts: list[str] = field(default_factory=list)
    """What was said at each mark."""
    told: dict[str, str] = field(default_factory=dict)
    """What was read on the screens that name the ballot."""

    def vote(self) -> str:
        """Vote; return the words of the slip.

        Raises:
            PersonLostError: something was not said, or something else was.
        """
        text, by = self.text, self.by
        by.enter(text("attract.touch"), is_whole=False)
        by.press_on(text("attract.touch"))
        by.enter(text("voting.offer.heading"))
        by.press_on(text("voting.offer.vote"))
        slip = self.make_ballot()
        if self.is_checking:
            by.press_on(text("check-or-cast.check.button"))
            by.enter(text("checked.heading"))
            by.press_on(text("checked.button"))
            slip = self.make_ballot()
        by.press_on(text("check-or-cast.cast.button"))
        by.enter(text("voting.card.heading"))
        self.insert_card()
        self._hear("statement", text("cast.heading"), slip)
        by.press_on(text("cast.button"))
        by.give_pin(text("pin2.heading"), self.pin2)
        self._hear("receipt", text("vote-receipt.heading"))
        by.press_on(text("receipt.finish"))
        by.enter(text("take-card.heading"))
        self.remove_card()
        by.enter(text("thanks.heading"))
        return slip

    def make_ballot(self) -> str:
        """From the first contest to the question whether to check or cast; return the words of the slip.

        Raises:
            PersonLostError: as ``vote``.
        """
        text, by = self.text, self.by
        role, turning = text("spoken.choice"), text("ballot.down")
        for _ in self.wishes:
            told = by.enter(*self.wishes)
            contest = next(each for each in self.wishes if told.startswith(each))
            self.counts += [by.choose(name, role, turning=turning) for name in self.wishes[contest]]
            by.press_on(text("button.continue"))
        self._hear("review", text("voting.review.heading"), *(name for names in self.wishes.values() for name in names))
        by.press_on(text("voting.review.button"))
        self.told["slip"] = by.enter(text("check-or-cast.heading"))
        return self._slip()

    def _slip(self) -> str:
        """Return the words of the slip, as they were read."""
        _, found, after = self.told["slip"].partition(self.text("check-or-cast.slip"))
        if not found:
            raise PersonLostError("no slip was read")
        return after.split()[0].strip(".")

    def _hear(self, name: str, heading: str, *words: str) -> None:
        told = self.told[name] = self.by.enter(heading)
        missing = [each for each in words if each not in told]
        if missing:
            raise PersonLostError(f"never heard {missing} in {told!r}")
