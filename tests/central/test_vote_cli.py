# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The officers' commands at the two boards, from making one to the count; a refusal has its code, changes nothing."""

import json
import time
from pathlib import Path

import pytest

from townhall_central import ballot_logs, cli
from townhall_central.simulation.town import PASSPHRASE, SimulatedTown
from townhall_central.simulation.town_election import STYLE, TownPlan
from townhall_central.simulation.workers import Workers
from townhall_crypto.checkpoint import Ed25519NoteVerifier
from townhall_voting.ballot_making import Choices
from townhall_voting.board.following import FollowedLog, follow

NOW = int(time.time())
ADA = Choices(((0, 1, 0, 0), (1, 0, 0, 0, 1)))


class Officers:
    """Give commands at both boards, and read what they say."""

    def __init__(self, town: SimulatedTown, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.board = ["--home", str(town.board.directory)]
        self.box = ["--home", str(town.box.directory)]
        path = folder / "passphrase"
        path.touch(mode=0o600)
        path.write_bytes(PASSPHRASE)
        self.passphrase = ["--passphrase-file", str(path)]

    def run(self, *arguments: str) -> str:
        assert cli.main(arguments) == 0, self._capsys.readouterr().err
        return self._capsys.readouterr().out

    def refused(self, *arguments: str) -> str:
        assert cli.main(arguments) == 1
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        return said.err


@pytest.fixture
def town(tmp_path: Path) -> SimulatedTown:
    town = SimulatedTown.create(tmp_path / "town", TownPlan(NOW, devices=1, voters=3))
    for voter in town.voters:
        town.devices[0].cast(voter.card, STYLE, ADA, NOW)
    return town


@pytest.fixture
def officers(town: SimulatedTown, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Officers:
    return Officers(town, tmp_path, capsys)


def test_from_the_first_status_to_the_result_and_the_destruction(
    town: SimulatedTown, officers: Officers, tmp_path: Path
) -> None:
    public = tmp_path / "public"
    assert "kiosk-1" in officers.refused("board", "settle", *officers.board, *officers.passphrase, "--out", str(public))
    town.devices[0].close(NOW + 60)
    town.put(town.devices[0], town.devices[0].envelopes())
    town.pick_up()
    assert json.loads(officers.run("board", "status", *officers.board))["numbers"] == {"good": 3}
    assert json.loads(officers.run("box", "status", *officers.box))["numbers"] == {"town": 3, "checked": 0}
    assert officers.run("board", "list", *officers.board) == ""
    officers.run("board", "settle", *officers.board, *officers.passphrase, "--out", str(public))
    accepted = ["--accepted", str(public / "accepted.json")]
    board_key = ["--board-key", str(town.board.directory / "keys" / "board.pub")]
    wrong_key = ["--board-key", str(town.box.directory / "keys" / "board.pub")]
    assert "TH-VOTE-133" in officers.refused(
        "box", "close", *officers.box, *officers.passphrase, *accepted, *wrong_key, "--out", str(public)
    )
    closed = json.loads(
        officers.run("box", "close", *officers.box, *officers.passphrase, *accepted, *board_key, "--out", str(public))
    )
    assert closed["counted"] == 3
    assert {path.name for path in public.iterdir()} >= {"log.jsonl", "checkpoint", "log.vkey", closed["record"]}
    record = public / closed["record"]
    one, other = (write_share(town, record, tmp_path, owner) for owner in (1, 3))
    count = ["box", "count", str(record), "--share", "1"]
    assert "TH-VOTE-" in officers.refused(*count, *one)
    assert "TH-VOTE-" in officers.refused(*count, *one, "--share", "2", *other)
    both = [*count, *one, "--share", "3", *other]
    assert "each trustee once" in officers.refused(*both, "--share", "1", one[0], other[1])
    assert json.loads(officers.run(*both)) == {"result": [[0, 3, 0, 0], [3, 0, 0, 0, 3]]}
    assert "has its result" in officers.refused(*both)
    protocol = ["--out", str(tmp_path / "protocol.json")]
    witnesses = ["--first", "Ann", "--second", "Bob"]
    alone = ["--first", "Ann", "--second", " ann "]
    assert "not one twice" in officers.refused(
        "board", "destroy", *officers.board, *officers.passphrase, *alone, *protocol
    )
    (tmp_path / "protocol.json").write_bytes(b"an earlier one")
    assert "is there already" in officers.refused(
        "board", "destroy", *officers.board, *officers.passphrase, *witnesses, *protocol
    )
    (tmp_path / "protocol.json").unlink()
    told = officers.run("board", "destroy", *officers.board, *officers.passphrase, *witnesses, *protocol)
    assert b"destruction" in (tmp_path / "protocol.json").read_bytes()
    assert told.encode().startswith((tmp_path / "protocol.json").read_bytes())


def write_share(town: SimulatedTown, record: Path, folder: Path, owner: int) -> list[str]:
    share = town.trustees.decrypt(record, owner)
    (folder / f"share-{owner}.json").write_bytes(share.decryption)
    (folder / f"side-car-{owner}.json").write_bytes(share.side_car or b"")
    return [str(folder / f"share-{owner}.json"), str(folder / f"side-car-{owner}.json")]


def test_a_board_is_made_from_a_package_that_two_of_its_officers_signed(
    town: SimulatedTown, officers: Officers, tmp_path: Path
) -> None:
    (tmp_path / "officers").mkdir()
    for number, certificate in enumerate(town.board.package.officers):
        (tmp_path / "officers" / f"{number}.der").write_bytes(certificate)
    (tmp_path / "root.json").write_bytes(town.centre.keys.root_bytes)
    made = [
        *("--name", "Box", "--centre", "http://127.0.0.1:9", "--root", str(tmp_path / "root.json")),
        *("--package", str(town.box.directory / "package"), "--anchors", str(town.folder / "trust")),
        *("--officers", str(tmp_path / "officers"), *officers.passphrase),
    ]
    new, log_key = ["--home", str(tmp_path / "new")], ["--log-key", str(town.folder / "log-key" / "log.pem")]
    assert "another key of the box's log" in officers.refused("box", "init", *new, *made)
    assert not (tmp_path / "new").exists()
    assert "simulated" in officers.run("box", "init", *new, *made, *log_key)
    assert "not empty" in officers.refused("box", "init", *new, *made, *log_key)
    assert "is no eligibility-board" in officers.refused("board", "status", "--home", str(tmp_path / "new"))
    (tmp_path / "officers" / "1.der").unlink()
    other = ["--home", str(tmp_path / "other")]
    assert "package is refused" in officers.refused("box", "init", *other, *made, *log_key)
    assert not (tmp_path / "other").exists()


def test_the_key_of_the_log_is_made_once_before_the_package_that_names_it(officers: Officers, tmp_path: Path) -> None:
    made = ["box", "log-key", "--election", "small-town-2026", "--mode", "official", "--out", str(tmp_path / "key")]
    vkey = officers.run(*made).strip()
    assert Ed25519NoteVerifier.from_vkey(vkey).name == "townhall/small-town-2026.official/ballots"
    assert (tmp_path / "key" / "log.pem").stat().st_mode & 0o077 == 0
    assert "exists already" in officers.refused(*made)
    named = ["box", "log-key", "--election", "no name", "--mode", "test", "--out", str(tmp_path / "other")]
    assert "no election" in officers.refused(*named)
    assert not (tmp_path / "other").exists()


def test_the_box_gives_its_log_to_kiosks_through_the_centre(
    town: SimulatedTown, officers: Officers, tmp_path: Path
) -> None:
    town.put(town.devices[0], town.devices[0].envelopes())
    town.pick_up()
    publish = ["box", "publish", *officers.box, "--out", str(tmp_path / "web"), "--to-kiosks"]
    assert "TH-CENT-" in officers.refused(*publish)  # nobody is at that address
    workers = Workers()
    try:
        with workers.running(town.centre) as server:
            officers.run(*publish, "--centre", f"http://{server.authority}")
    finally:
        workers.close()
    with town.centre.database.read() as connection:
        ((origin, part),) = ballot_logs.all_whole(connection)
    verifier = Ed25519NoteVerifier.from_vkey(town.box.package.definition.ballot_log)
    followed = follow(None, part.checkpoint, part.hashes(), verifier)
    assert isinstance(followed, FollowedLog)
    assert (origin, followed.checkpoint.size) == (
        verifier.name,
        (tmp_path / "web" / "log.jsonl").read_bytes().count(b"\n"),
    )
    assert followed.checkpoint.size > 0


def test_a_decision_needs_two_people_and_an_open_statement(officers: Officers) -> None:
    given = ["a" * 64, "count", "--first", "Ann", "--why", "seen"]
    assert "not one twice" in officers.refused("board", "decide", *officers.board, *given, "--second", "ANN")
    assert "no open statement" in officers.refused("board", "decide", *officers.board, *given, "--second", "Bob")


def test_paper_voters_are_noted_from_a_file(town: SimulatedTown, officers: Officers, tmp_path: Path) -> None:
    path = tmp_path / "paper.txt"
    path.write_text(f"EE {town.voters[0].person.personal_code}\n")
    assert officers.run("board", "paper", *officers.board, str(path)) == "1 noted\n"
    assert "cannot be read" in officers.refused("board", "paper", *officers.board, str(tmp_path / "none"))


def test_both_boards_fetch_over_real_http_what_a_kiosk_delivered(town: SimulatedTown, officers: Officers) -> None:
    town.devices[0].close(NOW + 60)
    town.put(town.devices[0], town.devices[0].envelopes())
    workers = Workers()
    try:
        with workers.running(town.centre) as server:
            line = ["--once", "--centre", f"http://{server.authority}"]
            for _ in range(2):
                assert json.loads(officers.run("board", "run", *officers.board, *line))["numbers"] == {"good": 3}
                found = json.loads(officers.run("box", "run", *officers.box, *line))
                assert (found["numbers"], found["alarms"]) == ({"town": 3, "checked": 0}, [])
    finally:
        workers.close()
    assert "TH-" in officers.refused("board", "run", *officers.board, *line)
