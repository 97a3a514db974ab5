# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How officers open and close the polls, and how a person votes, step by step, in any language and by any hands."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from townhall_kiosk.demo.person import Person, PersonLostError
from townhall_kiosk.demo.voting_world import VotingWorld
from townhall_kiosk.demo.world import STAFF
from townhall_kiosk.texts import Texts
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.vpcd import VirtualReader

Watch = Callable[[str], None]
PIN1, PIN2 = "1234", "12345"
_TOUCHES = 30
_TOUCH_AGAIN_S = 1.0
_WITHIN_S = 60.0


def _pin(person: Person, digits: str, button: str) -> None:
    for digit in digits:
        person.press(digit)
    person.press(button)


def start(person: Person, text: Texts) -> None:
    """Touch until the kiosk answers: between two visits a touch can fall on the window that leaves."""
    heading = text("voting.offer.heading")
    for _ in range(_TOUCHES):
        with contextlib.suppress(PersonLostError):
            person.wait_for("AttractScreen", within_s=_TOUCH_AGAIN_S)
            person.press(text("attract.touch"))
            person.wait_for("ChoiceScreen", heading, within_s=_TOUCH_AGAIN_S)
            return
    person.wait_for("ChoiceScreen", heading)


def officers_do(world: VotingWorld, text: Texts, act: str, watch: Watch) -> None:
    """Let two officers do ``act`` (``polls-open`` or ``polls-close``) with their cards in the citizens' reader.

    Raises:
        PersonLostError: a screen or a button was not there, or the keeper did not do it.
    """
    person, reader = world.person, world.readers[0]
    start(person, text)
    person.press(text("voting.offer.services"))
    person.wait_for("MessageScreen", text("insert-card.heading"))
    reader.insert(world.card_of(STAFF[0]))
    person.wait_for("PinScreen", text("pin1.heading"), within_s=_WITHIN_S)
    _pin(person, PIN1, text("pin1.button"))
    person.wait_for("ChoiceScreen", within_s=_WITHIN_S)
    person.press(text("services.staff"))
    do_as_officers(person, reader, [world.card_of(officer) for officer in STAFF], text, act, watch)


def do_as_officers(  # noqa: PLR0913, PLR0917  # one kiosk, its reader, and what is done there
    person: Person, reader: VirtualReader, cards: Sequence[EstonianCard], text: Texts, act: str, watch: Watch
) -> None:
    """From the first officer's PIN at the counter to the attract screen.

    Raises:
        PersonLostError: as ``officers_do``.
    """
    person.wait_for("PinScreen", text("counter.pin.heading"), within_s=_WITHIN_S)
    _pin(person, PIN1, text("pin1.button"))
    person.wait_for("StatusScreen", text("counter.menu.heading"), within_s=_WITHIN_S)
    watch(f"{act}-menu")
    person.press(text(f"counter.do.{act}"))
    person.wait_for("MessageScreen", text(f"counter.confirm.{act}"))
    watch(f"{act}-confirm")
    person.press(text(f"counter.do.{act}"))
    person.wait_for("MessageScreen", text("counter.other.heading"), within_s=_WITHIN_S)
    reader.remove_slowly()
    yours = text("counter.other.take-yours")
    person.wait_until(lambda _seen: yours not in person.read(), "the first card to be gone", _WITHIN_S)
    reader.insert(cards[1])
    person.wait_for("PinScreen", text("counter.pin.agree"), within_s=_WITHIN_S)
    _pin(person, PIN1, text("pin1.button"))
    seen = person.wait_for("MessageScreen", text("counter.finished.heading"), within_s=_WITHIN_S)
    watch(f"{act}-done")
    if seen.code:
        raise PersonLostError(f"{act}: {seen.code}")
    reader.remove_slowly()
    person.wait_for("AttractScreen")


@dataclass(slots=True)
class VoterSteps:
    """One person who votes; ``marks`` are names of candidates by contest, as they stand on the buttons."""

    person: Person
    text: Texts
    marks: tuple[tuple[str, ...], ...]
    insert_card: Callable[[], None]
    remove_card: Callable[[], None]
    watch: Watch = lambda _name: None
    is_checking: bool = False
    pin2: str = PIN2

    def steps(self) -> Iterator[str]:
        """Go through the vote; yields the name of each step once its screen is there and before it is left."""
        yield self._at("attract", "AttractScreen")
        start(self.person, self.text)
        yield self._at("offer", "ChoiceScreen", self.text("voting.offer.heading"))
        self.person.press(self.text("voting.offer.vote"))
        yield from self.mark()
        if self.is_checking:
            yield from self.check()
            yield from self.mark()
        yield from self.cast()

    def mark(self) -> Iterator[str]:
        """From the first contest to the question whether to check or cast."""
        for number, names in enumerate(self.marks, 1):
            yield self._at_contest(number)
            for name in names:
                self._choose(name)
            self.watch(f"marked-{number}")
            self.person.press(self.text("button.continue"))
        yield self._at("ballot-review", "ReviewScreen", self.text("voting.review.heading"))
        self.person.press(self.text("voting.review.button"))
        yield self._at("check-or-cast", "CheckOrCastScreen")

    def _choose(self, name: str) -> None:
        """Press a candidate; look further down the list for who is not in sight."""
        try:
            self.person.press(name)
        except PersonLostError:
            self.person.press(self.text("ballot.down"))
            self.person.press(name)

    def check(self) -> Iterator[str]:
        """Have the ballot opened."""
        self.person.press(self.text("check-or-cast.check.button"))
        yield self._at("checked", "CodeScreen")
        self.person.press(self.text("checked.button"))

    def cast(self) -> Iterator[str]:
        """From the decision to the attract screen of the next person."""
        self.person.press(self.text("check-or-cast.cast.button"))
        yield self._at("put-in-card", "MessageScreen", self.text("voting.card.heading"))
        self.insert_card()
        yield self._at("statement", "StatementScreen")
        self.person.press(self.text("cast.button"))
        yield self._at("pin2", "PinScreen", self.text("pin2.heading"))
        _pin(self.person, self.pin2, self.text("cast.button"))
        yield self._at("vote-receipt", "ReceiptScreen", self.text("vote-receipt.heading"))
        self.person.press(self.text("receipt.finish"))
        yield self._at("take-card", "MessageScreen", self.text("take-card.heading"))
        self.remove_card()
        self.person.wait_for_next_visit()
        self.watch("attract-again")
        yield "attract-again"

    def _at_contest(self, number: int) -> str:
        step = self.text("voting.contest.step", current=number, total=len(self.marks))
        self.person.wait_until(
            lambda seen: seen.kind in {"ContestScreen", "RankedScreen"} and seen.step == step, f"contest {number}"
        )
        return f"contest-{number}"

    def _at(self, name: str, kind: str, heading: str = "") -> str:
        self.person.wait_for(kind, heading, within_s=_WITHIN_S)
        self.watch(name)
        return name
