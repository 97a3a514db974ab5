# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Staff train with cards that words put in and take out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from townhall_smartcard.errors import CardMuteError
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.training import HELP, TrainingDesk, write_trust
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader

PKI = TestPki()
NOBODY_LISTENS = 9  # discard: the slot dials in vain, which is all these tests need


def ask_often(card: VirtualCard) -> None:
    for _ in range(100):
        card.transmit(b"\x00\xa4\x00\x0c")


@pytest.fixture
def reader() -> VirtualReader:
    return VirtualReader(None, "127.0.0.1", NOBODY_LISTENS)


@pytest.mark.parametrize("line", ["", "help", "in mari", "in kadri broken", "in kadri good now", "out now", "quit"])
def test_a_line_not_understood_gets_the_help_and_changes_nothing(reader: VirtualReader, line: str) -> None:
    assert TrainingDesk(PKI, reader).do(line) == HELP
    assert reader.card is None


def test_a_card_goes_in_and_out_and_remembers_its_tries(reader: VirtualReader) -> None:
    desk = TrainingDesk(PKI, reader)
    assert desk.do("in\n") == "In the slot: kadri, good.\n"
    first = reader.card
    assert first is not None
    assert first.transmit(bytes.fromhex("002000010C39393939FFFFFFFFFFFFFFFF")) == b"\x63\xc2"
    assert desk.do("in juhan") == "In the slot: juhan, good.\n"
    assert reader.card is not first
    assert desk.do("out") == "The slot is empty.\n"
    assert reader.card is None
    desk.do("in kadri")
    assert reader.card is first
    assert first.transmit(bytes.fromhex("00200001")) == b"\x63\xc2"
    reader.close()


@pytest.mark.parametrize("condition", ["expired", "revoked", "mute", "dead"])
def test_each_kind_of_bad_card_can_be_met(reader: VirtualReader, condition: str) -> None:
    with reader:
        assert TrainingDesk(PKI, reader).do(f"in aino {condition}") == f"In the slot: aino, {condition}.\n"
        card = reader.card
        assert card is not None
        assert bool(card.atr) is (condition != "dead")
        if condition == "mute":
            with pytest.raises(CardMuteError):
                ask_often(card)


def test_the_authorities_are_written_as_a_catalogue_has_them(tmp_path: Path) -> None:
    write_trust(PKI, tmp_path)
    write_trust(PKI, tmp_path)
    assert (tmp_path / "anchors" / "0.der").read_bytes() == PKI.anchors_der[0]
    assert (tmp_path / "intermediates" / "0.der").read_bytes() == PKI.intermediates_der[0]
    assert len(list((tmp_path / "crls").iterdir())) == 2


def test_a_session_from_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "townhall_smartcard.simulation", "--trust", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as session:
        assert session.stdin is not None
        assert session.stdout is not None
        name, _, path = session.stdout.readline().strip().partition("=")
        session.stdin.write("in\n")
        session.stdin.flush()
        while not session.stdout.readline().startswith("In the slot"):
            pass
        tool = ["opensc-tool", "--wait", "--atr"]
        environment = {**os.environ, name: path}
        assert subprocess.run(tool, env=environment, timeout=20, capture_output=True, check=False).returncode == 0
        dump = subprocess.run(["pkcs15-tool", "--dump"], env=environment, capture_output=True, text=True, check=True)
        assert KADRI.personal_code in dump.stdout
        session.stdin.write("out\nquit\n")
        session.stdin.close()
        assert session.wait(timeout=10) == 0
    assert (tmp_path / "anchors" / "0.der").exists()
