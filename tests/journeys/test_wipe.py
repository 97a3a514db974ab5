# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""After a visit nothing of it is left: not in the memory of what lives on, on disk, in logs, clipboard or printer.

Every field of the visit holds a canary. The same search finds them in the visit while it lives. Of a vote the canaries
are the names on the ballot as only its own screens spell them, and the secrets that made it, which the test finds in
the visit's memory first: a seed that makes the ballot, a key that signed it.
"""

import base64
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from townhall_crypto.secret import Secret
from townhall_kiosk.demo.processes import KioskProcesses
from townhall_kiosk.simulation.eve_printer import EvePrinter
from townhall_smartcard.simulation.contactless_card import ContactlessCard
from townhall_smartcard.simulation.estonian_card_pins import Pins
from townhall_voting.ballot import HomomorphicAnswer, parse_ballot
from townhall_voting.nonces import SEED_BYTES, SeedNonces

if TYPE_CHECKING:
    from tests.journeys import canaries, polling, searching
    from tests.journeys.conftest import Town
    from tests.journeys.searching import Search

    from townhall_kiosk.demo.world import World
else:
    # Tests are no package (style rule 26).
    canaries, polling, searching = (
        SimpleNamespace(**run_path(str(Path(__file__).with_name(f"{name}.py"))))
        for name in ("canaries", "polling", "searching")
    )

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root reads the memory of processes that hide it")

UNSENT = "Rhabarberkuchen 4242"
"""Typed into a field, and taken back."""
COPIED = "Zwetschgendatschi 77"
"""Marked and copied with the keyboard of the desk."""
TYPED = (*canaries.CANARIES, UNSENT, COPIED)
MARKED = ("102\u2002Jaan Kask", "201\u2002Mart Lepp", '["kask"]', '["lepp"]')
"""Names as the buttons of a ballot have them, and marks as messages would: no package has these."""
WHO = {canaries.HOLDER.surname, canaries.HOLDER.given_names, canaries.HOLDER.personal_code}
"""Who votes, as a certificate has it: the keeper looks that up in the roll, whose key it holds, and may hold it too."""


@pytest.fixture
def xvfb(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A display of its own for everything that this test starts; its process id."""
    receiving, sending = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(sending), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[sending],
        stderr=subprocess.DEVNULL,
    )
    os.close(sending)
    with os.fdopen(receiving) as display:
        monkeypatch.setenv("DISPLAY", f":{display.readline().strip()}")
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    yield server.pid
    server.terminate()
    server.wait()


@dataclass
class Visited:
    """What was found while the visit lived, its processes, and what is in the person's receipt alone."""

    alive: set[str]
    pids: set[int]
    receipt: str
    """What the QR code says."""
    number: str


def type_and_take_back(town: "Town", search: "Search", pid: int) -> set[str]:
    """Type and copy what is never sent; return what the search found while it stood there."""
    person, found = town.person, set[str]()
    for text in (UNSENT, COPIED):
        person.press_keys("Ctrl+A")
        person.type(text)
        found |= search.found(searching.memory(pid))
    person.press_keys("Ctrl+A")
    person.press_keys("Ctrl+C")
    found |= search.found([searching.clipboard()])
    person.press_keys("Ctrl+A")
    person.type(canaries.ANSWERS["town"])
    return found


def visit(town: "Town", search: "Search") -> Visited:
    """Go through one whole visit with a canary in every field, and a card that is held to the reader."""
    card = town.world.card_of(canaries.HOLDER, Pins(pin1=canaries.PIN1.encode(), pin2=canaries.PIN2.encode()))
    visitor = town.visitor(holder=canaries.HOLDER, card=ContactlessCard(card, canaries.CAN.encode()))
    visitor.access_number = canaries.CAN
    visitor.pin1, visitor.pin2, visitor.answers = canaries.PIN1, canaries.PIN2, canaries.ANSWERS
    alive: set[str] = set()
    pids: set[int] = set()
    receipt = number = ""
    for step in visitor.steps():
        if step == "insert-card":
            pids = {town.processes.visits()[0], *town.processes.cards()}
        if step == "question-town":
            alive |= type_and_take_back(town, search, min(pids))
        if step == "receipt":
            number = town.number_on_screen()
            receipt = searching.qr_content(town.person.picture(), search.directory)
            alive |= search.found(searching.memory(min(pids)))
    return Visited(alive, pids, receipt, number)


@contextlib.contextmanager
def printing(world: "World", directory: Path) -> Iterator[EvePrinter]:
    """Have the kiosk, which is off, print on a printer."""
    setting = world.home / "kiosk.toml"
    before = setting.read_text()
    with EvePrinter(directory) as printer:
        setting.write_text(before.replace(f'paper = "{world.paper}"', f'printer = "{printer.start()}"'))
        yield printer
        setting.write_text(before)


@pytest.fixture
def printer(town: "Town", tmp_path: Path) -> Iterator[EvePrinter]:
    with printing(town.world, tmp_path / "printer") as printer:
        yield printer


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    return temporary


@pytest.fixture
def search(tmp_path: Path) -> "Search":
    return searching.Search(tmp_path, TYPED, canaries.CAN)


def left_in(living: list[int], search: "Search") -> dict[str, set[str]]:
    """Return what is left in the memory of processes that live on."""
    return {searching.command_of(pid): found for pid in living if (found := search.found(searching.memory(pid)))}


def test_after_a_visit_nothing_of_it_is_left_anywhere(
    town: "Town", xvfb: int, search: "Search", printer: EvePrinter, temporary: Path
) -> None:
    with ExitStack() as undo:
        undo.callback(town.close_kiosk)
        town.open_kiosk(with_line=False)
        seen = visit(town, search)
        town.until(lambda: not seen.pids & set(searching.family(town.world.kiosk_pid)), "the visit to end")
        town.standby()
        search.add(seen.receipt[-80:])  # its end is the signature, which no other receipt has
        living = [
            *searching.family(town.world.kiosk_pid),
            *searching.family(town.world.pcscd.pid),
            xvfb,
            printer.started[0].pid,
        ]
        assert len(living) >= 7, "keeper, two visits, a card process, pcscd, X server, printer"
        assert left_in(living, search) == {}
        printed = printer.tray / "receipt.pdf"
        assert searching.pieces_left(printed.read_bytes(), town.world.kiosk_pid) == [], (
            "the document that the keeper passed on"
        )
        assert search.found([searching.clipboard()]) == set()
        assert search.found(searching.files(temporary)) == set()
        assert search.found([*searching.files(town.world.home), town.log.read_bytes()]) == set()
    paper = searching.contents(printed)
    assert search.found([*searching.files(printer.directory), paper]) == set()
    assert [known for known in (seen.number, "Tamme Library") if known.encode() not in paper] == []
    whole = {each for each in TYPED if not any(each in other for other in TYPED if other != each)}
    assert seen.alive >= whole - {canaries.PIN1, canaries.PIN2}, "the search finds them while the visit lives"


def test_the_search_finds_what_is_planted(xvfb: int, search: "Search", tmp_path: Path) -> None:
    assert xvfb
    planted = {"memory": canaries.HOLDER.surname, "clipboard": COPIED, "file": canaries.PIN2}
    holding = "import sys; held = sys.argv[1]; print(flush=True); sys.stdin.read()"
    with ExitStack() as undo:
        for program, text in ((holding, planted["memory"]), (searching.CLIPBOARD, planted["clipboard"])):
            command = [sys.executable, "-c", program, text]
            process = undo.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            undo.callback(process.kill)
            assert process.stdout is not None
            process.stdout.readline()
            if program is holding:
                assert search.found(searching.memory(process.pid)) == {text}
        assert search.found([searching.clipboard()]) == {planted["clipboard"]}
    document = os.urandom(5000)
    assert len(searching.pieces_left(document, os.getpid())) == len(range(0, 4936, 312)), "all of it is held here"
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "a").write_bytes(planted["file"].encode("utf-16-le"))
    assert search.found(searching.files(tmp_path / "planted")) == {planted["file"]}
    assert search.found([os.urandom(1 << 20)]) == set()
    number = canaries.CAN.encode()
    for piece in (number, b"\0" + number + b"\0", b"x" + canaries.CAN.encode("utf-16-le"), number.hex().encode()):
        assert search.found([bytes(50) + piece]) == {canaries.CAN}
    assert search.found([b"1" + number, number + b"f", b"0" + number + b"0"]) == set(), "a part of another number"
    secret = os.urandom(SEED_BYTES)
    search.add_secret("the secret", secret)
    number_of_it = int.from_bytes(secret, "big")
    for piece in (secret, secret[::-1], secret.hex().encode(), str(number_of_it).encode(), base64.b64encode(secret)):
        assert search.found([os.urandom(50) + piece + os.urandom(50)]) == {"the secret"}
    holding = f"import sys; held = {number_of_it + 1} - 1; print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", holding]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert "the secret" in search.found(searching.memory(process.pid)), "a number of Python's"
        process.kill()


@dataclass
class Voted:
    """A vote, its visit's processes, and what the visit's memory held on the way."""

    pids: set[int]
    candidates: set[bytes]
    """What came with the making of the ballot and may be its seed."""
    keys: set[int]
    """Numbers that may be the voting key."""
    alive: set[str]
    after_cast: list[bytes]
    """The whole memory once casting had begun."""


def cast_vote(place: "polling.PollingPlace", search: "Search") -> Voted:
    card = place.world.card_of(canaries.HOLDER, Pins(pin1=canaries.PIN1.encode(), pin2=canaries.PIN2.encode()))
    voter = place.voter(canaries.HOLDER, card=card)
    voter.pin2 = canaries.PIN2
    seen = Voted(set(), set(), set(), set(), [])
    before: set[bytes] = set()
    processes = KioskProcesses(place.world.kiosk_pid)
    for step in voter.steps():
        match step:
            case "contest-1":
                seen.pids = {processes.visits()[0], *processes.cards()}
            case "ballot-review":
                before = searching.may_be_secrets(searching.memory(min(seen.pids)), SEED_BYTES)
                seen.alive |= search.found(searching.memory(min(seen.pids)))
            case "check-or-cast":
                seen.candidates = searching.may_be_secrets(searching.memory(min(seen.pids)), SEED_BYTES) - before
                seen.keys = searching.numbers_of_python(searching.memory(min(seen.pids)), SEED_BYTES)
            case "put-in-card":
                seen.after_cast = list(searching.memory(min(seen.pids)))
            case "statement":
                seen.alive |= search.found(searching.memory(min(seen.pids)))
    return seen


def secrets_of(place: "polling.PollingPlace", seen: Voted) -> tuple[bytes, bytes]:
    """Return the seed that made the ballot that was cast, and the private key that signed it."""
    election, (cast,) = place.maker.election, place.stored().ballots
    ballot, group = parse_ballot(election, cast), election.group
    first = ballot.answers[0]
    assert isinstance(first, HomomorphicAnswer)
    seeds = [
        each
        for each in seen.candidates
        if group.generator_table.power(
            SeedNonces(Secret(each), group, election.fingerprint, ballot.credential).draw("q0.c0.r")
        )
        == first.choices[0].alpha
    ]
    keys = [each for each in seen.keys if group.generator_table.power(group.scalar(each)) == ballot.credential]
    assert len(seeds) == len(keys) == 1, "the visit's memory held both"
    return seeds[0], keys[0].to_bytes(SEED_BYTES, "big")


def test_after_a_vote_neither_choice_nor_seed_nor_key_is_left_anywhere(
    xvfb: int, temporary: Path, tmp_path: Path
) -> None:
    search = searching.Search(tmp_path, (*MARKED, *WHO, canaries.HOLDER.document_number, canaries.PIN2))
    log, voters = tmp_path / "log", (canaries.HOLDER, *polling.VOTERS[:2])
    with (
        polling.PollingPlace.founded(log, voters) as place,
        printing(place.world, tmp_path / "printer") as printer,
    ):
        place.start()
        world = place.world
        assert search.found(searching.memory(world.kiosk_pid)) == set(), "what nobody has done yet"
        seen = cast_vote(place, search)
        place.until(lambda: not seen.pids & set(searching.family(world.kiosk_pid)), "the visit to end")
        place.until(lambda: KioskProcesses(world.kiosk_pid).visits()[1:], "a standby visit")
        seed, key = secrets_of(place, seen)
        search.add_secret("seed", seed)
        search.add_secret("key", key)
        assert "seed" not in search.found(seen.after_cast), "casting begins with forgetting it"
        living = [*searching.family(world.kiosk_pid), *searching.family(world.pcscd.pid), xvfb, printer.started[0].pid]
        assert len(living) >= 7, "keeper, two visits, a card process, pcscd, X server, printer"
        left = left_in(living, search)
        assert left.pop(searching.command_of(world.kiosk_pid), set()) <= WHO
        assert left == {}
        world.stop_kiosk()
        assert search.found(searching.files(temporary)) == set()
        assert search.found([*searching.files(world.home), log.read_bytes()]) == set()
        papers = [searching.contents(each) for each in printer.tray.glob("*.pdf")]
        assert papers
        assert search.found([*searching.files(printer.directory), *papers]) == set()
    assert seen.alive >= {"102\u2002Jaan Kask", "201\u2002Mart Lepp", canaries.HOLDER.personal_code}
