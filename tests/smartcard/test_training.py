# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Staff train with cards that words put in and take out."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from townhall_smartcard.access_operations import perform_on
from townhall_smartcard.cards import probe
from townhall_smartcard.errors import CardMuteError
from townhall_smartcard.messages import CardFamily, PinWrong, Sign
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pace_gate import CAN
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


def test_a_card_is_held_to_the_reader_and_is_the_same_card(reader: VirtualReader) -> None:
    with reader:
        desk = TrainingDesk(PKI, reader)
        assert desk.do("hold kadri") == "On the reader: kadri, good.\n"
        held = reader.card
        assert held is not None
        assert probe(processors_for(held)) is CardFamily.ESTEID_2018_BEHIND_PACE
        number, pin = bytearray(CAN), bytearray(b"54321")
        wrong = perform_on(
            CardFamily.ESTEID_2018_BEHIND_PACE, Sign(1, "", pin, bytes(48)), processors_for(held), number
        )
        assert wrong == PinWrong(1, 2)
        desk.do("in kadri")
        assert reader.card is not held
        assert reader.card is not None
        right = Sign(2, "", bytearray(b"54321"), bytes(48))
        assert perform_on(CardFamily.ESTEID_2018, right, processors_for(reader.card), None) == PinWrong(2, 1)
        desk.do("hold kadri good")
        assert reader.card is held, "it remembers wrong access numbers too"


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
        environment = {**os.environ, name: path}
        until = time.monotonic() + 30  # the service may not have seen the card yet
        while subprocess.run(["opensc-tool", "--atr"], env=environment, capture_output=True, check=False).returncode:
            assert time.monotonic() < until
        dump = subprocess.run(["pkcs15-tool", "--dump"], env=environment, capture_output=True, text=True, check=True)
        assert KADRI.personal_code in dump.stdout
        session.stdin.write("out\nquit\n")
        session.stdin.close()
        assert session.wait(timeout=10) == 0
    assert (tmp_path / "anchors" / "0.der").exists()
