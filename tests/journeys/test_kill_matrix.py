# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Kill -9 of each process at each step of a visit and of the sync: what people were told, and what the agency has.

A seed picks the step, the victim and, half the time, a delay, so that the blow also falls between two steps. Whatever
happens, the person then sees a clean screen, and each form that is told as stored is exactly one case, and no other is.
"""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from townhall_kiosk.demo.person import PersonLostError, Sight
from townhall_kiosk.texts import Texts

if TYPE_CHECKING:
    from tests.journeys.conftest import Town

ENGLISH = Texts("en")
VICTIMS = ("keeper", "visit", "standby", "card", "centre", "inbox")
STEPS = (
    *("attract", "insert-card", "pin1", "services", "question-street", "question-from_date", "question-movers"),
    *(
        "question-declaration",
        "review",
        "document",
        "pin2",
        "pin2",
        "pin2",
        "receipt",
        "receipt",
        "take-card",
        "thanks",
    ),
)
LONGEST_DELAY_S = 0.8
SEEDS = [*range(8), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(8, 200))]
NOTHING_SENT = {
    ENGLISH(id_)
    for id_ in (
        "previous.nothing.heading",
        "stopped.heading",
        "fault.heading",
        "card-mute.heading",
        "card-busy.heading",
    )
}
STORED = ENGLISH("previous.stored.heading")
TROUBLE = NOTHING_SENT | {STORED}


@dataclass(slots=True)
class Blow:
    """One victim, killed at one step, maybe a little later."""

    town: "Town"
    seed: int
    victim: str = ""
    step: str = ""
    delay_s: float = 0.0
    with_line: bool = True
    fell: threading.Event = field(default_factory=threading.Event)
    victims: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)  # noqa: S311  # a test's choice
        self.victim = VICTIMS[self.seed % len(VICTIMS)]
        self.step = chance.choice(STEPS)
        self.delay_s = chance.choice((0.0, chance.uniform(0, LONGEST_DELAY_S)))
        self.with_line = self.victim in {"centre", "inbox"} or chance.random() < 0.5

    def __str__(self) -> str:
        return f"{self.victim} at {self.step} +{self.delay_s:.3f} s, line {'up' if self.with_line else 'down'}"

    def swing(self) -> None:
        """Let it fall: at once, or soon, while the person goes on."""
        if not self.delay_s:
            self._fall()
            return
        timer = threading.Timer(self.delay_s, self._fall)
        timer.daemon = True
        timer.start()

    def _fall(self) -> None:
        try:
            self._kill()
        finally:
            self.fell.set()

    def _kill(self) -> None:
        town = self.town
        match self.victim:
            case "keeper":
                town.world.kill_kiosk()
            case "centre":
                town.world.centre.stop()
            case "inbox":
                town.kill_inbox()
            case "card":
                self._kill_all(town.processes.cards)
            case "visit":
                self._kill_all(lambda: town.processes.visits()[:1])
            case "standby":
                self._kill_all(lambda: town.processes.visits()[1:])

    def _kill_all(self, victims: Callable[[], tuple[int, ...]]) -> None:
        self.victims = victims()
        for pid in self.victims:
            self.town.kill(pid)


def walk(town: "Town", blow: Blow) -> Iterator[str]:
    """Go through the visit while the blow falls; yields the steps that the person got to."""

    def gives_up(seen: Sight) -> bool:
        return seen.heading in TROUBLE or (blow.victim == "keeper" and blow.fell.is_set() and not seen.kind)

    town.person.gives_up = gives_up
    has_swung = False
    try:
        for step in town.visitor().steps():
            yield step
            if step == "receipt":
                town.number_on_screen()
            if step == blow.step and not has_swung:
                has_swung = True
                blow.swing()
            if step == "thanks":
                return
    except PersonLostError:
        return
    finally:
        assert blow.fell.wait(10 * LONGEST_DELAY_S)
        town.person.gives_up = lambda _seen: False


def see_a_clean_screen(town: "Town") -> str:
    """Return what stands on the glass at the end; the person is told what became of the visit before."""
    clean = {*TROUBLE, ENGLISH("attract.heading"), ENGLISH("thanks.heading"), ENGLISH("take-card.heading")}
    clean |= {ENGLISH("receipt.heading"), ENGLISH("insert-card.heading")}
    heading = town.person.wait_until(lambda seen: seen.heading in clean, "a clean screen").heading
    if heading == STORED:
        town.number_on_screen()
    return heading


@pytest.mark.parametrize("seed", SEEDS)
def test_a_transaction_shown_as_done_is_never_lost_and_never_counted_twice_whatever_is_killed(
    town: "Town", seed: int, tmp_path: Path
) -> None:
    blow = Blow(town, seed)
    town.open_kiosk(with_line=blow.with_line)
    town.inbox_up()
    told_before = set(town.told)
    try:
        steps = list(walk(town, blow))
        got_to = steps[-1]
        if blow.victim == "keeper":
            town.world.start_kiosk()
        heading = see_a_clean_screen(town)
        told = town.told - told_before
        note = f"{blow}: got to {got_to}, then saw {heading!r}, told {told}"
        (tmp_path / "note").write_text(note)
        print(note)  # noqa: T201  # shown where the test fails
        assert len(told) <= 1, note
        if blow.victim in {"standby", "centre", "inbox"}:
            assert told, note  # nobody near the person died: they came to their end
        if blow.victim == "keeper" and got_to not in {"attract", "insert-card"}:
            assert heading in {STORED, ENGLISH("previous.nothing.heading")}, note
        if blow.victim == "visit" and got_to not in {"attract", "insert-card", "thanks"}:
            assert heading in {STORED, ENGLISH("previous.nothing.heading")}, note
        town.settle()
    finally:
        town.close_kiosk()
