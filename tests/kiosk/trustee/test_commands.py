# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A whole ceremony by the command ``townhall trustee``, and what it says of what goes wrong."""

import io
import json
import os
import re
import subprocess
import sys
import termios
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from townhall_kiosk.cli import main
from townhall_kiosk.trustee.key_number import shown
from townhall_kiosk.trustee.terminal import asked_number
from townhall_voting.record.ballot_judges import DirectJudge
from townhall_voting.record.findings import Verified
from townhall_voting.record.grammar import Phase
from townhall_voting.record.verifier import Evidence, verify_record
from townhall_voting.trustees.side_car import file_name

if TYPE_CHECKING:
    from tests.kiosk.trustee.conftest import NewVote

KEY_NUMBER = re.compile(r"(?:[0-9]{4} ){5}[0-9]{4}")
WORDS = re.compile(r"(?:    (?:[a-z]{5} ){3}[a-z]{5}\n){4}")


@dataclass(frozen=True, slots=True)
class Ended:
    status: int
    said: str
    refused: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A person's answer to the question for the key number: what stands on their paper, or now on the screen."""

    screen: io.StringIO
    number: str

    def readline(self) -> bytes:
        seen = KEY_NUMBER.search(self.screen.getvalue())
        return ((seen.group() if seen and not self.number else self.number) + "\n").encode()


@dataclass(frozen=True, slots=True)
class Terminal:
    """Standard input that is no terminal, line by line."""

    buffer: Paper

    @staticmethod
    def isatty() -> bool:
        return False

    def readline(self) -> str:
        return self.buffer.readline().decode()


@dataclass(slots=True)
class Person:
    """A trustee at a terminal."""

    home: Path
    folder: Path
    patch: pytest.MonkeyPatch = field(repr=False)
    number: str = ""

    def run(self, step: str, *options: str, number: str | None = None) -> Ended:
        screen, refused = io.StringIO(), io.StringIO()
        with self.patch.context() as patch:
            paper = Paper(screen, self.number if number is None else number)
            patch.setattr(sys, "stdin", Terminal(paper))
            patch.setattr(sys, "stdout", screen)
            patch.setattr(sys, "stderr", refused)
            status = main(["trustee", step, "--home", str(self.home), "--folder", str(self.folder), *options])
        return Ended(status, screen.getvalue(), refused.getvalue())

    def begin(self, place: int) -> None:
        ended = self.run("begin", "--place", str(place), "--of", "2")
        seen = KEY_NUMBER.search(ended.said)
        assert seen is not None
        assert ended.status == 0
        self.number = seen.group()


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Person, Person]:
    folder = tmp_path / "stick"
    folder.mkdir()
    return Person(tmp_path / "first", folder, monkeypatch), Person(tmp_path / "second", folder, monkeypatch)


def test_two_people_hold_a_ceremony_copy_their_keys_and_try_the_copies(
    people: tuple[Person, Person], tmp_path: Path
) -> None:
    first, second = people
    first.begin(1)
    assert "Waiting for the certificate of trustee 2." in first.run("go-on").said
    second.begin(2)
    compared = first.run("go-on", "--agreed", "other words")
    assert compared.status == 1
    found = WORDS.search(compared.said)
    assert found is not None
    agreed = " ".join(found.group().split())
    assert "Waiting for the commit of trustee 2." in first.run("go-on", "--agreed", agreed).said
    assert "Waiting for the reveal of trustee 1." in second.run("go-on", "--agreed", agreed.upper()).said
    for person in (first, second, first, second, first):
        assert person.run("go-on").status == 0
    ends = [WORDS.search(person.run("go-on").said) for person in people]
    assert ends[0] is not None
    assert ends[1] is not None
    assert ends[0].group() == ends[1].group()
    safe = tmp_path / "safe"
    safe.mkdir()
    assert "is the key of trustee 2" in second.run("back-up", "--to", str(safe)).said
    elsewhere = Person(tmp_path / "elsewhere", second.folder, second.patch, second.number)
    copy = ("--copy", str(safe / "trustee.key"))
    assert "is the key of trustee 2" in elsewhere.run("drill", *copy).said
    assert elsewhere.run("restore", *copy).status == 0
    assert elsewhere.run("go-on").said == second.run("go-on").said


def test_what_goes_wrong_is_said_with_its_code_and_changes_nothing(people: tuple[Person, Person]) -> None:
    first, second = people
    other = first.run("begin", "--place", "1", "--of", "2", number="1" * 24)
    assert (other.status, first.home.exists()) == (1, False)
    first.begin(1)
    assert "TH-VOTE-107" in first.run("go-on", number="2" * 24).refused
    assert "TH-VOTE-107" in first.run("go-on", number="no number").refused
    assert "TH-KIOS-072" in second.run("go-on", number="2" * 24).refused
    assert "TH-KIOS-071" in first.run("drill", "--copy", str(first.home / "trustee.key")).refused
    for ended in (first.run("go-on"), first.run("restore", "--copy", "nothing")):
        assert first.number.replace(" ", "") not in (ended.said + ended.refused).replace(" ", "")


def test_trustees_look_decrypt_and_count_by_command(new_vote: "NewVote", monkeypatch: pytest.MonkeyPatch) -> None:
    vote = new_vote(2, 2)
    record = vote.record(((0, 1, 0, 0), (0, 0, 0, 0, 0, 0, 0)), ((1, 0, 0, 0), (1, 0, 0, 0, 0, 0, 0)))
    people = [
        Person(desk.home.path, desk.exchange.path, monkeypatch, shown(number))
        for desk, number in zip(vote.circle.desks, vote.circle.numbers, strict=True)
    ]
    looked = people[0].run("look")
    assert "Ballots: 2 (at least 2)" in looked.said
    assert "NOT compared" in looked.said
    log = record.with_name("log.jsonl")
    log.write_bytes(b"")
    assert "TH-KIOS-001" in people[0].run("look").refused
    log.unlink()
    found = WORDS.search(looked.said)
    assert found is not None
    assert people[0].run("decrypt", "--agreed", "other words").status == 1
    assert "TH-VOTE-104" in people[0].run("count").refused
    for owner, person in enumerate(people, start=1):
        assert f"as trustee {owner}" in person.run("decrypt", "--agreed", found.group()).said
    counted = people[1].run("count", "--record", record.name)
    assert '{"result":[[1,1,0,0],[1,0,0,0,0,0,0]]}' in counted.said
    assert "TH-KIOS-073" in people[0].run("look").refused
    assert "TH-KIOS-071" in people[0].run("look", "--record", "other.bel").refused


def test_trustees_shuffle_decrypt_and_count_ranked_ballots_by_command_and_both_verifiers_accept_the_record(
    new_vote: "NewVote", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    vote = new_vote(2, 3, is_ranked=True)
    record = vote.record(((1, 2),), ((2, 1),), ((1, 0),))
    people = [
        Person(desk.home.path, desk.exchange.path, monkeypatch, shown(number))
        for desk, number in zip(vote.circle.desks, vote.circle.numbers, strict=True)
    ]
    looked = people[0].run("look").said
    assert "Trustees who still shuffle: 2." in looked
    found = WORDS.search(looked)
    assert found is not None
    agreed = ("--agreed", found.group())
    before = record.read_bytes()
    assert people[0].run("shuffle", "--agreed", "other words").status == 1
    assert "TH-KIOS-076" in people[0].run("decrypt", *agreed).refused
    assert record.read_bytes() == before
    assert "Trustees who still shuffle: 1." in people[2].run("shuffle", *agreed).said
    assert "Shuffled as trustee 1" in people[0].run("shuffle", *agreed).said
    assert "TH-KIOS-077" in people[1].run("shuffle", *agreed).refused
    for owner in (2, 3):
        assert f"as trustee {owner}" in people[owner - 1].run("decrypt", *agreed).said
    counted = people[1].run("count").said.splitlines()[-1]
    assert sorted(json.loads(counted)["result"][0]) == [[1, 0], [1, 2], [2, 1]]
    side_cars = {owner: (record.parent / file_name(record.stem, owner)).read_bytes() for owner in (2, 3)}
    with record.open("rb") as stream:
        outcome = verify_record(stream, Evidence(record.stem, side_cars), DirectJudge())
    assert isinstance(outcome, Verified)
    assert (outcome.facts.phase, outcome.facts.shuffled_by) == (Phase.COMPLETE, [3, 1])
    public = tmp_path / "public"
    public.mkdir()
    (public / record.name).write_bytes(record.read_bytes())
    tool = subprocess.run(["belenios-tool", "election", "verify"], cwd=public, capture_output=True, check=False)
    assert tool.returncode == 0, tool.stderr


def test_on_a_terminal_the_key_number_is_not_shown_while_it_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "r") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", terminal)
        patch.setattr(sys, "stderr", Answering(ours, "1234 " * 6 + "\n"))
        number = asked_number()
        os.set_blocking(ours, False)
        assert number is not None
        assert shown(number) == ("1234 " * 6).strip()
        with pytest.raises(BlockingIOError):
            os.read(ours, 100)
    os.close(ours)


class Answering:
    """Somebody who types when they are asked, once the line is ready for it."""

    def __init__(self, keyboard: int, answer: str) -> None:
        self._keyboard, self._answer = keyboard, answer

    def write(self, text: str) -> None:
        if "number" in text:
            threading.Thread(target=self._type).start()

    def flush(self) -> None:
        pass

    def _type(self) -> None:
        while termios.tcgetattr(self._keyboard)[3] & termios.ECHO:
            os.sched_yield()
        os.write(self._keyboard, self._answer.encode())
