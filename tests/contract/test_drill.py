# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The restore drill: a centre is lost after it acknowledged more than its backup holds, and gets all of it again."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from townhall_central import backup, keys
from townhall_central.simulation.centre import PASSPHRASE, SimulatedCentre
from townhall_central.simulation.postgresql import PostgresqlServer
from townhall_central.tables import RESTORATION
from townhall_crypto.secret import Secret
from townhall_sync.journal_records import DAY_S, JournalStatus

if TYPE_CHECKING:
    from tests.contract.conftest import Post, Serve, Town

KIOSKS = ("kiosk-1", "kiosk-2")


@pytest.fixture
def new_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the restored database is: the file again, unless a test goes from one kind to the other."""
    if getattr(request, "param", "sqlite") == "sqlite":  # pytest's own way to tell that nobody chose
        yield ""
        return
    with PostgresqlServer() as server:
        yield server.new_database()


@pytest.fixture
def restored(town: "Town", tmp_path: Path, serve: "Serve", new_url: str) -> Iterator[Callable[[], None]]:
    """Lose the centre and put the backup in its place."""
    opened: list[SimulatedCentre] = []

    def work() -> None:
        town.centre.database.close()
        shutil.rmtree(town.centre.path)
        path = tmp_path / "restored"
        backup.restore(tmp_path / "backup", path, Secret(PASSPHRASE), now=town.clock.wall(), database_url=new_url)
        town.centre = SimulatedCentre(path, keys.load_keys(path), keys.open_database(path), town.clock.wall())
        opened.append(town.centre)
        town.port = serve(town.centre, town.clock.wall)

    yield work
    for each in opened:
        each.database.close()


async def deliver(post: "Post") -> list[str]:
    sent = await post.commit(3)
    await post.over_the_line()
    return sent


async def look(post: "Post") -> JournalStatus:
    """Watch the centre's log, deliver what that asks for, and say how the journal stands."""
    post.courier._memory.upkeep_due_ns = 0
    await post.over_the_line()
    return await post.journal.status()


def wait(town: "Town", days: int) -> None:
    asyncio.run(town.clock.sleep(days * DAY_S))


@pytest.mark.parametrize("new_url", ["sqlite", "postgresql"], indirect=True)
def test_a_restored_centre_asks_kiosks_for_what_it_lacks_and_has_it_exactly_once(
    town: "Town", tmp_path: Path, restored: Callable[[], None]
) -> None:
    before = [each for kiosk in KIOSKS for each in town.at(kiosk, deliver)]
    copied = backup.back_up(town.centre.path, tmp_path / "backup")
    assert copied.size == len(before)
    wait(town, 1)
    after = [each for kiosk in KIOSKS for each in town.at(kiosk, deliver)]
    assert town.stored() == before + after
    wait(town, 1)
    restored()
    assert town.stored() == before
    for kiosk in KIOSKS:
        status = town.at(kiosk, look)
        assert (status.queued, status.kept_payloads, status.is_contradicted) == (0, 6, False)
    assert town.stored()[: len(before)] == before
    assert sorted(town.stored()) == sorted(before + after)
    wait(town, 8)
    for kiosk in KIOSKS:
        assert town.at(kiosk, look).kept_payloads == 0
    assert len(town.stored()) == len(before + after)


def test_the_next_envelope_is_enough_to_learn_what_is_missing(
    town: "Town", tmp_path: Path, restored: Callable[[], None]
) -> None:
    """Before a kiosk looks at the log it may have something new to send: the answer names the lowest missing seq."""
    first = town.at("kiosk-1", deliver)
    backup.back_up(town.centre.path, tmp_path / "backup")
    second = town.at("kiosk-1", deliver)
    restored()
    third = town.at("kiosk-1", deliver)
    assert sorted(town.stored()) == sorted(first + second + third)


def test_by_stick_a_restored_centre_gets_what_it_lacks_too(
    town: "Town", tmp_path: Path, restored: Callable[[], None]
) -> None:
    stick = tmp_path / "stick"
    first = town.at("kiosk-1", deliver)
    backup.back_up(town.centre.path, tmp_path / "backup")
    second = town.at("kiosk-1", deliver)
    restored()
    for _ in range(2):  # the first answer tells the kiosk, the second stick carries what was lost
        town.at("kiosk-1", lambda post: post.road.export_to(stick))
        town.work_off(stick)
        town.at("kiosk-1", lambda post: post.road.import_from(stick))
    assert sorted(town.stored()) == sorted(first + second)
    assert town.at("kiosk-1", lambda post: post.journal.status()).queued == 0


def test_a_log_that_goes_back_without_an_administrators_word_frees_nothing_and_staff_see_it(
    town: "Town", tmp_path: Path, restored: Callable[[], None]
) -> None:
    first = town.at("kiosk-1", deliver)
    backup.back_up(town.centre.path, tmp_path / "backup")
    second = town.at("kiosk-1", deliver)
    restored()
    with town.centre.database.write() as connection:
        connection.execute(delete(RESTORATION))
    # Another history: with the same envelopes in the same order the log would be the same, and so continued.
    second += town.at("kiosk-2", deliver)
    status = town.at("kiosk-1", look)
    assert status.is_contradicted
    wait(town, 30)
    status = town.at("kiosk-1", look)
    assert (status.is_contradicted, status.queued, status.kept_payloads) == (True, 0, 6)
    assert sorted(town.stored()) == sorted(first + second)  # it is given what it lacks all the same


def test_a_statement_of_an_earlier_restoration_excuses_no_later_one(
    town: "Town", tmp_path: Path, restored: Callable[[], None], serve: "Serve"
) -> None:
    town.at("kiosk-1", deliver)
    backup.back_up(town.centre.path, tmp_path / "backup")
    restored()
    assert not town.at("kiosk-1", look).is_contradicted
    wait(town, 1)
    shutil.rmtree(tmp_path / "backup")
    backup.back_up(town.centre.path, tmp_path / "backup")  # holds the statement of the first time
    town.at("kiosk-1", deliver)
    assert not town.at("kiosk-1", look).is_contradicted
    path = tmp_path / "rolled-back"
    shutil.copytree(tmp_path / "backup", path)
    town.centre = replace(town.centre, path=path, database=keys.open_database(path))
    try:
        town.port = serve(town.centre, town.clock.wall)
        assert town.at("kiosk-1", look).is_contradicted
    finally:
        town.centre.database.close()
