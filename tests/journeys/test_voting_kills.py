# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Kill -9 while a vote is cast: it counts whole (statement, ballot, mark and counts), or nothing of it does.

The keeper is killed at each call by which it makes a vote durable: strace does it, so the calls before it happened and
that call did not. Visit, card process and keeper are killed as well at any moment around the signature, by a seed.
Afterwards the person is told what became of the vote, and may vote again if, and only if, it did not count.
"""

import contextlib
import os
import random
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from townhall_kiosk.demo.person import PersonLostError
from townhall_kiosk.demo.processes import KioskProcesses
from townhall_kiosk.texts import Texts
from townhall_kiosk.voting.sets_on_disk import CURRENT, Part

if TYPE_CHECKING:
    from tests.journeys.polling import PollingPlace, Stored

    from townhall_smartcard.simulation.estonian_card_person import Person

ENGLISH = Texts("en")
WITHIN_S = 60.0
_SETS_OF_A_VOTE: Final = 4  # statements, ballots, marks, how the polls stand
CALLS: Final = (
    *("pwrite64", "fsync") * _SETS_OF_A_VOTE,
    *("pwrite64", "fsync", "fsync", "rename", "fsync"),
    *("pwrite64", "fsync", "unlink") * _SETS_OF_A_VOTE,
)
"""By which a vote becomes durable: all sets anew, what counts anew, and the old ones taken away."""
COUNTS_AFTER: Final = CALLS.index("rename") + 1
SOME: Final = frozenset({1, COUNTS_AFTER, COUNTS_AFTER + 1, len(CALLS)})
VICTIMS: Final = ("visit", "card", "keeper")
LONGEST_DELAY_S: Final = 1.2
SEEDS: Final = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 45))]
VOTED = ENGLISH("previous.voted.heading")
NOTHING = ENGLISH("previous.nothing.heading")
STOPPED = ENGLISH("stopped.heading")
RECEIPT = ENGLISH("vote-receipt.heading")
MUTE = ENGLISH("card-mute.heading")
WAITING = ENGLISH("voting.card.heading")


@contextlib.contextmanager
def traced(place: "PollingPlace", record: Path, *more: str) -> Iterator["subprocess.Popen[str]"]:
    """Have strace follow the keeper's calls on its sets, from now on."""
    directory = place.world.home / "voting"
    names = ["", CURRENT, f"{CURRENT}.new", *(f"{part.value}.{slot}" for part in Part for slot in "ab")]
    paths = [word for name in names for word in ("-P", str(directory / name))]
    command = ["strace", "-f", "-o", str(record), "-e", f"trace={','.join(sorted(set(CALLS)))}", *more, *paths]
    with subprocess.Popen([*command, "-p", str(place.world.kiosk_pid)], stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        while "attached" not in (line := strace.stderr.readline()):
            assert line, "strace ended"
        try:
            yield strace
        finally:
            strace.terminate()


def give_pin(place: "PollingPlace", pin: str) -> None:
    """Enter the PIN, as far as there is still a window to do it in."""
    with contextlib.suppress(PersonLostError):
        for digit in pin:
            place.world.person.press(digit)
        place.world.person.press(ENGLISH("cast.button"))


def leave(place: "PollingPlace") -> str:
    """See what the person is told in the end, and leave the kiosk for the next one; return the heading."""
    heading = place.see({VOTED, NOTHING, STOPPED, RECEIPT, MUTE, WAITING}).heading
    reader, person = place.world.readers[0], place.world.person
    reader.remove_slowly()
    match heading:
        case ending if ending in {VOTED, NOTHING}:
            person.press(ENGLISH("previous.dismiss"))
        case ending if ending == STOPPED:
            person.press(ENGLISH("stopped.button"))
        case ending if ending in {MUTE, WAITING}:
            place.see({WAITING})
            person.press(ENGLISH("button.stop"))
    person.wait_for("AttractScreen", within_s=WITHIN_S)
    return heading


def check(place: "PollingPlace", holder: "Person", before: "Stored", after: "Stored", told: str) -> None:
    """Compare what was stored with what was told, and have the person try again."""
    assert after.is_whole
    counted = after.polls.ballots - before.polls.ballots
    assert counted == len(after.marks - before.marks)
    assert told in ({VOTED, RECEIPT} if counted else {NOTHING, STOPPED, MUTE, WAITING})
    if counted:
        assert counted == 1
        assert place.is_turned_away(holder)
    else:
        place.vote(holder)
    assert place.stored().is_whole
    assert place.stored().polls.ballots == before.polls.ballots + 1
    assert place.counted_last()["ballots"] == place.counted_last()["statements"] == before.polls.ballots + 1


def test_the_calls_of_a_vote_are_those_at_which_the_keeper_is_killed(place: "PollingPlace", tmp_path: Path) -> None:
    place.vote(place.somebody())  # so that there are old sets
    with traced(place, tmp_path / "calls"):
        place.vote(place.somebody())
    calls = re.findall(r"^\d+ +(\w+)\(", (tmp_path / "calls").read_text(), re.MULTILINE)
    assert tuple(calls) == CALLS


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, id=f"{number}-{call}", marks=() if number in SOME else pytest.mark.long)
        for number, call in enumerate(CALLS, 1)
    ],
)
def test_a_keeper_killed_at_any_call_leaves_a_vote_that_counts_whole_or_not_at_all(
    place: "PollingPlace", number: int, tmp_path: Path
) -> None:
    if not place.stored().ballots:
        place.vote(place.somebody())  # so that there are old sets
    holder, before = place.somebody(), place.stored()
    voter = place.voter(holder)
    place.go(voter.steps(), "pin2")
    call = CALLS[number - 1]
    blow = f"inject={call}:signal=KILL:when={CALLS[:number].count(call)}"  # strace counts each kind by itself
    with traced(place, tmp_path / "calls", "-e", blow) as strace:
        give_pin(place, voter.pin2)
        strace.wait(WITHIN_S)  # it ends with the keeper
    place.world.kill_kiosk()
    after = place.stored()
    assert after.polls.ballots - before.polls.ballots == (number > COUNTS_AFTER)
    if number > COUNTS_AFTER:
        (ballot,), (statement,) = after.ballots - before.ballots, after.statements - before.statements
        assert place.stated(statement) == place.hash_of(ballot)
    place.world.start_kiosk()
    told = leave(place)
    place.open_polls()
    check(place, holder, before, after, told)


class Blow:
    """One victim, killed a little after a signature was asked for."""

    def __init__(self, place: "PollingPlace", seed: int) -> None:
        self.place = place
        self.victim = VICTIMS[seed % len(VICTIMS)]
        self.delay_s = random.Random(seed).uniform(0, LONGEST_DELAY_S)  # noqa: S311  # a test's choice
        self._timer = threading.Timer(self.delay_s, self._fall)

    def __str__(self) -> str:
        return f"{self.victim} after {self.delay_s:.3f} s"

    def swing(self) -> None:
        """Let it fall soon."""
        self._timer.start()

    def wait(self) -> None:
        """Wait until it fell."""
        self._timer.join()

    def _fall(self) -> None:
        processes = KioskProcesses(self.place.world.kiosk_pid)
        match self.victim:
            case "keeper":
                self.place.world.kill_kiosk()
            case "visit":
                self._kill(processes.visits()[:1])
            case _:
                self._kill(processes.cards())

    @staticmethod
    def _kill(pids: tuple[int, ...]) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_is_killed_around_the_signature_a_vote_counts_whole_or_not_at_all(
    place: "PollingPlace", seed: int
) -> None:
    holder, before = place.somebody(), place.stored()
    voter, blow = place.voter(holder), Blow(place, seed)
    place.go(voter.steps(), "pin2")
    blow.swing()
    give_pin(place, voter.pin2)
    blow.wait()
    if blow.victim == "keeper":
        after = place.stored()
        place.world.start_kiosk()
        told = leave(place)
        place.open_polls()
    else:
        told = leave(place)
        after = place.stored()
    print(f"{blow}: told {told!r}")  # noqa: T201  # shown where the test fails
    check(place, holder, before, after, told)
