# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Somebody who cannot see votes with a desk and a booth: by headphones and keys at each, and by nothing else.

What they carry they know by what was said: the number digit by digit, the words of the slip. The code on the slip is
held to the scanner by them or by staff, whom it tells nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from townhall_kiosk.demo.ears import EarsAndFingers
from townhall_kiosk.demo.person import PersonLostError
from townhall_kiosk.demo.voter_by_ear import VoterByEar
from townhall_kiosk.texts import Texts

_NUMBER = re.compile(r"\d \d \d, \d \d \d, \d \d \d")


@dataclass(slots=True)
class AtDeskByEar:
    """One person at the desk, with their card. All methods begin at the attract screen and end with the good-bye.

    All raise ``PersonLostError``: something was not said, or something else was.
    """

    by: EarsAndFingers
    text: Texts
    insert_card: Callable[[], None]
    remove_card: Callable[[], None]
    pin2: str = "12345"

    def get_number(self) -> str:
        """Return the admission number, as it was said."""
        text, by = self.text, self.by
        self._choose("voting.offer.admission")
        by.enter(text("voting.card.heading"))
        self.insert_card()
        told = by.enter(text("voting.given.heading"))
        said = _NUMBER.search(told)
        if said is None or text("voting.given.heard") not in told:
            raise PersonLostError(f"no number was said, or not where it stands: {told!r}")
        self._leave()
        return re.sub(r"\D", "", said[0])

    def sign(self, slips: tuple[str, ...], words: str, scan: Callable[[str], None]) -> str:
        """Have slips scanned, until one is taken; sign for it if it is the one with ``words``.

        ``slips`` are the codes in the order in which the person tries them. Returns what was said of the receipt.
        """
        text, by = self.text, self.by
        self._choose("voting.offer.slip")
        for number, slip in enumerate(slips, 1):
            told = by.enter(text("voting.enter-slip.heading"))
            if text("voting.enter-slip.heard") not in told:
                raise PersonLostError(f"where the code is was not said: {told!r}")
            if number > 1 and text("voting.refused.slip-not-cast") not in told:
                raise PersonLostError(f"why the slip was not taken was not said: {told!r}")
            by.look_up()
            scan(slip)
        self._hear(text("voting.card.heading"), words)
        self.insert_card()
        self._hear(text("cast.heading"), words)
        by.press_on(text("cast.button"))
        by.give_pin(text("pin2.heading"), self.pin2)
        told = by.enter(text("vote-receipt.heading"))
        self._leave()
        return told

    def _choose(self, offer: str) -> None:
        text, by = self.text, self.by
        by.enter(text("attract.touch"), is_whole=False)
        by.press_on(text("attract.touch"))
        by.enter(text("voting.offer.heading"))
        by.press_on(text(offer))

    def _hear(self, heading: str, words: str) -> None:
        if words not in (told := self.by.enter(heading)):
            raise PersonLostError(f"never heard {words!r} in {told!r}")

    def _leave(self) -> None:
        text, by = self.text, self.by
        by.press_on(text("receipt.finish"))
        by.enter(text("take-card.heading"))
        self.remove_card()
        by.enter(text("thanks.heading"))


def vote_at_booth_by_ear(voter: VoterByEar, number: str, mistyped: str, take_slip: Callable[[], None]) -> str:
    """Vote at the booth: type a wrong number, then the right one, and cast; return the words of the slips.

    ``take_slip`` takes the first slip out of the printer, before the second one comes.

    Raises:
        PersonLostError: something was not said, or something else was.
    """
    text, by = voter.text, voter.by
    by.enter(text("attract.touch"), is_whole=False)
    by.press_on(text("attract.touch"))
    by.enter(text("voting.offer.heading"))
    by.press_on(text("voting.offer.vote"))
    by.give_number(text("voting.admission.heading"), mistyped)
    by.enter(text("voting.admission.mistyped.heading"))
    by.press_on(text("voting.admission.mistyped.button"))
    by.give_number(text("voting.admission.heading"), number)
    slip = voter.make_ballot()
    if text("check-or-cast.heard") not in voter.told["slip"]:
        raise PersonLostError(f"how to tell the slips apart was not said: {voter.told['slip']!r}")
    take_slip()
    by.press_on(text("check-or-cast.cast.button"))
    told = by.enter(text("slip.heading"))
    if slip not in told or text("slip.heard") not in told:
        raise PersonLostError(f"which slip goes to the desk was not said: {told!r}")
    by.press_on(text("receipt.finish"))
    by.enter(text("thanks.heading"))
    return slip
