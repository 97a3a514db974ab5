# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The two boards killed at every step, raced, restored, asked twice: each has the same in the end."""

import dataclasses
import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

import pytest
from sqlalchemy import Connection, Engine, event

from townhall_central.agencies import InboxItem, InboxPage
from townhall_central.database import Database
from townhall_central.errors import VoteStateError
from townhall_central.pickup import Desk, pick_up
from townhall_central.place import Place
from townhall_central.simulation.town import PASSPHRASE, DirectLine, SimulatedTown
from townhall_central.simulation.town_election import STYLE, TownPlan
from townhall_central.vote import acts, box_store, closing, eligibility_store
from townhall_central.vote.box_desk import BallotDesk
from townhall_central.vote.eligibility_desk import EligibilityDesk, open_bench
from townhall_central.vote.home import BoardHome, BoardRole
from townhall_crypto.secret import Secret
from townhall_voting.ballot_making import Choices

pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)

NOW = int(time.time())
ADA = Choices(((0, 1, 0, 0), (1, 0, 0, 0, 1)))
State: TypeAlias = tuple[object, ...]
L = TypeVar("L")


@pytest.fixture
def town(tmp_path: Path, new_url: Callable[[], str]) -> Iterator[SimulatedTown]:
    town = SimulatedTown.create(tmp_path / "town", TownPlan(NOW, devices=1, voters=2), new_url)
    for voter in town.voters:
        town.devices[0].cast(voter.card, STYLE, ADA, NOW)
    town.devices[0].check(STYLE, ADA)
    town.devices[0].close(NOW + 60)
    town.put(town.devices[0], town.devices[0].envelopes())
    yield town
    town.end()


@pytest.fixture
def fresh(new_place: Callable[[], Place]) -> Callable[[BoardHome], Place]:
    """Makes an empty database for a board at each call."""

    def make(home: BoardHome) -> Place:
        place = new_place()
        Database.create(place, home.settings.role.schema).close()
        return place

    return make


@contextmanager
def opened(home: BoardHome, place: Place) -> Iterator[BoardHome]:
    """The board with the same keys over another database."""
    database = Database.open(place, home.settings.role.schema)
    try:
        yield dataclasses.replace(home, database=database)
    finally:
        database.close()


def is_killed(home: BoardHome, place: Place, work: Callable[[BoardHome], object], at_step: int) -> bool:
    """Do it in a process that is killed around its n-th database step; tell whether it lived to be killed."""
    home.database.engine.dispose()
    child = os.fork()
    if child == 0:
        failed = True
        try:
            with opened(home, place) as mine:
                steps = itertools.count(1)

                def step(*_: object) -> None:
                    if next(steps) == at_step:
                        os.kill(os.getpid(), signal.SIGKILL)

                for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
                    event.listen(Engine, moment, step)
                work(mine)
            failed = False
        finally:
            os._exit(failed)
    status = os.waitpid(child, 0)[1]
    assert status in {0, signal.SIGKILL}
    return status != 0


class PaperLine:
    """What a centre has for a board, in memory: a forked process shares no connection."""

    def __init__(self, line: DirectLine) -> None:
        self._page = line.page(-1)
        self._contents = {item.id: line.envelope(item.id) for item in self._page.items}

    def page(self, after: int) -> InboxPage:
        items = [item for item in self._page.items if item.index > after]
        return InboxPage(epoch=self._page.epoch, items=items, is_last=True)

    def envelope(self, envelope_id: str) -> bytes:
        return self._contents[envelope_id]


class OnceLooked(Generic[L]):
    """A desk that looks at each envelope once: a look is a pure function, what is killed here is storing."""

    def __init__(self, desk: Desk[L]) -> None:
        self._desk = desk
        self._looks: dict[str, L] = {}

    def is_known(self, connection: Connection, envelope_id: str) -> bool:
        return self._desk.is_known(connection, envelope_id)

    def look(self, untrusted: bytes, item: InboxItem, deaths: int) -> L:
        if item.id not in self._looks:
            self._looks[item.id] = self._desk.look(untrusted, item, deaths)
        return self._looks[item.id]

    def store(self, connection: Connection, look: L) -> None:
        self._desk.store(connection, look)


def round_of(home: BoardHome, line: PaperLine) -> Callable[[BoardHome], None]:
    """Return what one round of a board does, all looking done before."""
    if home.settings.role is BoardRole.ELIGIBILITY:
        statements = OnceLooked(EligibilityDesk(home, open_bench(home, NOW)))
        return lambda mine: pick_up(mine.database, line, eligibility_store.TABLES.progress, statements)
    ballots = OnceLooked(BallotDesk(home.keys, home.package))
    return lambda mine: pick_up(mine.database, line, box_store.TABLES.progress, ballots)


def line_of(town: SimulatedTown, home: BoardHome) -> DirectLine:
    return DirectLine(town.centre, home.keys.key_id)


def board_state(home: BoardHome) -> State:
    with home.database.read() as connection:
        return (
            eligibility_store.read_statements(connection),
            eligibility_store.read_devices(connection),
            eligibility_store.TABLES.alarms(connection),
        )


def box_state(home: BoardHome) -> State:
    with home.database.read() as connection:
        return (
            box_store.read_lines(connection),
            box_store.read_ballots(connection, home.package.elections[STYLE].fingerprint),
            box_store.read_checked(connection),
            box_store.read_devices(connection),
            box_store.TABLES.alarms(connection),
        )


@pytest.mark.parametrize("which", ["board", "box"])
def test_killed_at_any_step_of_a_round_each_board_has_the_same_in_the_end(
    town: SimulatedTown, fresh: Callable[[BoardHome], Place], which: str
) -> None:
    home, state = (town.board, board_state) if which == "board" else (town.box, box_state)
    work = round_of(home, PaperLine(line_of(town, home)))
    work(home)
    expected = state(home)
    for step in itertools.count(1):
        place = fresh(home)
        killed = is_killed(home, place, work, step)
        with opened(home, place) as again:
            work(again)
            assert state(again) == expected, step
        if not killed:
            break
    assert step > 10


def test_killed_at_any_step_the_board_settles_once_and_says_the_same(town: SimulatedTown) -> None:
    town.pick_up()
    place, key = town.board.database.place, town.board.signing_key(Secret(PASSPHRASE))
    step = 0
    while is_killed(town.board, place, lambda mine: acts.settle_now(mine, key, NOW, ()), step := step + 1):
        pass
    assert step > 10
    settled = town.settle()
    assert [len(each.ballots) for each in town.accepted(settled.accepted).elections] == [2]
    assert town.settle() == settled


def test_killed_at_any_step_the_box_closes_once_and_closing_again_changes_no_byte(town: SimulatedTown) -> None:
    town.pick_up()
    accepted = town.settle().accepted
    box, step = town.box, 0

    def close(mine: BoardHome) -> None:
        town.box = mine
        town.close(accepted)

    while is_killed(box, box.database.place, close, step := step + 1):
        pass
    assert step > 5
    (closed,) = town.close(accepted)
    files = {path.name: path.read_bytes() for path in town.public.iterdir()}
    lines = box_state(town.box)[0]
    town.plan = dataclasses.replace(town.plan, now=NOW + 99)
    assert town.close(accepted) == [closed]
    assert {path.name: path.read_bytes() for path in town.public.iterdir()} == files
    assert box_state(town.box)[0] == lines
    acts.count(town.public / closed.record, [town.trustees.decrypt(town.public / closed.record, n) for n in (1, 2)])
    with_result = (town.public / closed.record).read_bytes()
    assert town.close(accepted) == [closed]
    assert (town.public / closed.record).read_bytes() == with_result


def test_a_close_that_died_while_it_wrote_the_record_is_done_again(
    town: SimulatedTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.pick_up()
    accepted = town.settle().accepted

    class Death(BaseException):
        """Stands for SIGKILL: nothing catches it."""

    def die(*_: object) -> None:
        raise Death

    with monkeypatch.context() as patched:
        patched.setattr(closing, "EndBallotsEvent", die)
        with pytest.raises(Death):
            town.close(accepted)
    assert not list(town.public.glob("*.bel"))
    (closed,) = town.close(accepted)
    assert closed.counted == 2
    assert not list(town.public.glob(".*"))


def test_a_record_of_another_close_is_never_overwritten(town: SimulatedTown) -> None:
    town.pick_up()
    accepted = town.settle().accepted
    (closed,) = town.close(accepted)
    record = town.public / closed.record
    changed = record.read_bytes()[:-1024]
    record.write_bytes(changed)
    with pytest.raises(VoteStateError, match="another close"):
        town.close(accepted)
    assert record.read_bytes() == changed


@pytest.mark.parametrize("which", ["board", "box"])
def test_several_workers_on_one_database_store_each_envelope_once(
    town: SimulatedTown, fresh: Callable[[BoardHome], Place], which: str
) -> None:
    home, state = (town.board, board_state) if which == "board" else (town.box, box_state)
    acts.pick_up_now(home, line_of(town, home), NOW)
    place = fresh(home)
    together = threading.Barrier(3)
    failed: list[BaseException] = []

    class Waiting(PaperLine):
        """Lets every worker look at the same envelope before one stores it."""

        def envelope(self, envelope_id: str) -> bytes:
            together.wait(60)
            return super().envelope(envelope_id)

    line = Waiting(line_of(town, home))

    def work() -> None:
        try:
            with opened(home, place) as mine:
                acts.pick_up_now(mine, line, NOW)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with opened(home, place) as raced:
        assert state(raced) == state(home)


def test_a_restored_centre_says_everything_again_and_nothing_counts_twice(town: SimulatedTown) -> None:
    class Restored(DirectLine):
        """The centre's log in its next epoch."""

        def page(self, after: int) -> InboxPage:
            page = super().page(after)
            return InboxPage(epoch=page.epoch + 1, items=page.items, is_last=page.is_last)

    town.pick_up()
    before = board_state(town.board), box_state(town.box)
    for home in (town.board, town.box):
        acts.pick_up_now(home, Restored(town.centre, home.keys.key_id), NOW)
    assert (board_state(town.board), box_state(town.box)) == before
