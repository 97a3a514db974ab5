# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The administrators' commands: each refusal has its code on stderr and exit status 1, and changes nothing."""

import json
import stat
import sys
from pathlib import Path

import pytest

from townhall_central import cli, keys
from townhall_central.inbox.home import InboxHome
from townhall_central.simulation.centre import PASSPHRASE, SimulatedCentre
from townhall_central.simulation.kiosk import MemoryDeviceKey, SimulatedKiosk, enrolment_request
from townhall_sync import wire


class Terminal:
    """Runs commands and reads what they say."""

    def __init__(self, centre: SimulatedCentre, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data = ["--data", str(centre.path)]
        self._capsys = capsys
        self._passphrase = directory / "passphrase"
        self.write_passphrase(PASSPHRASE)

    def write_passphrase(self, passphrase: bytes, mode: int = 0o600) -> None:
        self._passphrase.touch(mode=0o600)
        self._passphrase.write_bytes(passphrase + b"\n")
        self._passphrase.chmod(mode)

    @property
    def passphrase(self) -> list[str]:
        return ["--passphrase-file", str(self._passphrase)]

    def run(self, *arguments: str) -> str:
        assert cli.main(arguments) == 0, self._capsys.readouterr().err
        said = self._capsys.readouterr()
        assert said.err == ""
        return said.out

    def refused(self, *arguments: str) -> str:
        assert cli.main(arguments) == 1
        said = self._capsys.readouterr()
        assert said.out == ""
        assert "Traceback" not in said.err
        return said.err.partition(":")[0]


@pytest.fixture
def terminal(centre: SimulatedCentre, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(centre, tmp_path, capsys)


@pytest.fixture
def pending(terminal: Terminal, centre: SimulatedCentre) -> str:
    """A request that waits; Ann made the code."""
    code = wire.OneTimeCode.parse(terminal.run("code", *terminal.data, "--by", "Ann", "kiosk-3"))
    secret_holder = enrolment_request("kiosk-3", MemoryDeviceKey(), code.secret)
    requested = centre.ask(secret_holder, now=centre.now - 10**8)  # before the command's own clock made it expire
    assert requested is not None
    return requested.state.id


def test_a_code_and_another_administrator_let_a_kiosk_in(terminal: Terminal, pending: str) -> None:
    waiting = json.loads(terminal.run("status", *terminal.data))["waiting"]
    assert [(entry["id"], entry["kiosk"], entry["code_by"]) for entry in waiting] == [(pending, "kiosk-3", "Ann")]
    assert (
        terminal.run("approve", *terminal.data, "--by", "Bob", *terminal.passphrase, pending) == "approved: kiosk-3\n"
    )
    found = json.loads(terminal.run("status", *terminal.data))
    assert (found["kiosks"], found["waiting"]) == (["kiosk-3"], [])


def test_the_same_administrator_cannot_approve(terminal: Terminal, pending: str) -> None:
    assert terminal.refused("approve", *terminal.data, "--by", "Ann", *terminal.passphrase, pending) == "TH-CENT-043"
    assert json.loads(terminal.run("status", *terminal.data))["kiosks"] == []


def test_a_wrong_passphrase_approves_nobody(terminal: Terminal, pending: str) -> None:
    terminal.write_passphrase(b"not the passphrase")
    assert terminal.refused("approve", *terminal.data, "--by", "Bob", *terminal.passphrase, pending) == "TH-CENT-042"


def test_a_passphrase_that_others_may_read_is_not_used(terminal: Terminal, pending: str) -> None:
    terminal.write_passphrase(PASSPHRASE, mode=0o644)
    assert terminal.refused("approve", *terminal.data, "--by", "Bob", *terminal.passphrase, pending) == "TH-CENT-041"


def test_without_a_terminal_a_passphrase_file_is_needed(
    terminal: Terminal, pending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", open("/dev/null", encoding="utf-8"))  # noqa: SIM115, PTH123 - closed below
    assert terminal.refused("approve", *terminal.data, "--by", "Bob", pending) == "TH-CENT-040"
    sys.stdin.close()


def test_a_refused_kiosk_stays_out(terminal: Terminal, pending: str) -> None:
    assert terminal.run("refuse", *terminal.data, "--by", "Bob", pending) == "refused: kiosk-3\n"
    assert terminal.refused("approve", *terminal.data, "--by", "Bob", *terminal.passphrase, pending) == "TH-CENT-044"


def test_the_passphrase_is_never_said(terminal: Terminal, pending: str, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["approve", *terminal.data, "--by", "Ann", *terminal.passphrase, pending])
    said = capsys.readouterr()
    assert PASSPHRASE.decode() not in said.out + said.err


@pytest.mark.parametrize("name", ["", "a b", "../x"])
def test_an_impossible_name_gets_no_code(terminal: Terminal, name: str) -> None:
    assert terminal.refused("code", *terminal.data, "--by", "Ann", name) == "TH-CENT-040"


@pytest.mark.parametrize("command", [["status"], ["code", "--by", "Ann", "k"], ["agency", "list"], ["serve"]])
def test_a_command_without_a_centre_says_so(terminal: Terminal, tmp_path: Path, command: list[str]) -> None:
    assert terminal.refused(*command, "--data", str(tmp_path / "nothing")) == "TH-CENT-041"


def test_a_second_init_changes_nothing(terminal: Terminal, centre: SimulatedCentre) -> None:
    before = (centre.path / keys.ROOT_FILE).read_bytes()
    assert terminal.refused("init", *terminal.data, "--origin", "x", *terminal.passphrase) == "TH-CENT-041"
    assert (centre.path / keys.ROOT_FILE).read_bytes() == before


def test_a_new_centre_needs_a_long_passphrase(terminal: Terminal, tmp_path: Path) -> None:
    terminal.write_passphrase(b"short")
    target = ["--data", str(tmp_path / "new"), "--origin", "x"]
    assert terminal.refused("init", *target, *terminal.passphrase) == "TH-CENT-042"


def test_agencies_are_added_once_and_listed(terminal: Terminal, inbox: InboxHome, tmp_path: Path) -> None:
    assert terminal.run("agency", "list", *terminal.data) == f"{inbox.key_id}  Registry\n"
    file = str(tmp_path / "inbox" / "agency.json")
    assert terminal.refused("agency", "add", *terminal.data, "--by", "Ann", file) == "TH-CENT-045"
    missing = str(tmp_path / "none.json")
    assert terminal.refused("agency", "add", *terminal.data, "--by", "Ann", missing) == "TH-CENT-045"


def test_status_tells_of_clones_quarantine_and_gaps(
    terminal: Terminal, centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    centre.put(kiosk, kiosk.envelope(1))
    clone = kiosk.envelope(1, b"clone")
    centre.put(kiosk, clone)
    kiosk.envelope(2)
    centre.put(kiosk, kiosk.wrap(b"in the clear", 3))
    found = json.loads(terminal.run("status", *terminal.data))
    assert found["log_size"] == 2
    assert found["journals"] == [
        {"kiosk": "kiosk-1", "journal_id": "journal-1", "lowest_missing_seq": 2, "envelopes": 2, "quarantined": 1}
    ]
    assert [(each["envelope_id"], each["code"]) for each in found["conflicts"]] == [
        (clone.header.envelope_id, "TH-CENT-022")
    ]


def test_status_tells_of_codes_that_somebody_guessed_at(terminal: Terminal, centre: SimulatedCentre) -> None:
    centre.code("kiosk-5")
    for _ in range(10):
        centre.ask(enrolment_request("kiosk-5", MemoryDeviceKey(), bytes(16)))
    assert json.loads(terminal.run("status", *terminal.data))["blocked_codes"] == ["kiosk-5"]


def test_an_unknown_case_is_told(terminal: Terminal, inbox: InboxHome, tmp_path: Path) -> None:
    assert inbox.key_id
    assert terminal.refused("inbox", "show", "--inbox", str(tmp_path / "inbox"), "1") == "TH-CENT-053"


def test_an_inbox_without_services_does_not_run(terminal: Terminal, inbox: InboxHome, tmp_path: Path) -> None:
    settings = tmp_path / "inbox" / "settings.json"
    changed = json.loads(settings.read_bytes()) | {"services": str(tmp_path / "nothing")}
    settings.write_text(json.dumps(changed))
    assert inbox.key_id
    assert terminal.refused("inbox", "run", "--inbox", str(tmp_path / "inbox"), "--once") == "TH-CENT-041"


def test_a_new_inbox_is_private(terminal: Terminal, centre: SimulatedCentre, tmp_path: Path) -> None:
    home = tmp_path / "fresh"
    root = str(centre.path / keys.ROOT_FILE)
    places = ["--services", str(tmp_path), "--anchors", str(tmp_path)]
    said = terminal.run(
        *("inbox", "init", "--inbox", str(home), "--name", "N", "--centre", "http://x", "--root", root), *places
    )
    assert len(said.strip()) == 64
    assert stat.S_IMODE((home / "keys" / "recipient.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["inbox"], ["agency"], ["code"], ["serve", "--port", "x"]])
def test_a_command_that_is_none_explains_itself(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage: townhall-central" in capsys.readouterr().err
