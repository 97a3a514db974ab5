# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall card read`` and ``card pin`` with German cards through the real PC/SC service: ours, and OpenPACE's."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.smartcard.emrtd.openpace_identity_card import OpenPaceIdentityCard

from townhall_smartcard.simulation.german_card import GermanChip
from townhall_smartcard.simulation.german_contents import CAN, PIN, PUK, TRANSPORT_PIN, GermanSecrets
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader

_COMMAND = "import sys; from townhall_kiosk.cli import main; sys.exit(main())"
WRONG = b"141421"
OTHER = b"628318"


@dataclass
class Desk:
    """A reader, and somebody who runs commands with codes in files."""

    service: PrivatePcscd
    directory: Path

    def run(self, card: VirtualCard, *arguments: str, **codes: bytes) -> tuple[int, str]:
        told = list(arguments)
        for name, code in codes.items():
            (self.directory / name).write_bytes(code + b"\n")
            told += [f"--{name.replace('_', '-')}-file", str(self.directory / name)]
        with VirtualReader(card, "127.0.0.1", self.service.ports[0]):
            command = [sys.executable, "-c", _COMMAND, "card", *told]
            done = subprocess.run(
                command, env=self.service.environment, capture_output=True, text=True, timeout=60, check=False
            )
        for code in codes.values():
            assert code.decode() not in done.stdout + done.stderr
        assert done.stderr == ""
        return done.returncode, done.stdout

    def read(self, card: VirtualCard, *arguments: str, **codes: bytes) -> dict[str, object]:
        code, told = self.run(card, "read", "--content", str(self.directory), "--json", *arguments, **codes)
        assert code == 1, "nobody vouches for a holder"
        found: dict[str, object] = json.loads(told)
        assert found["identity"] == "needs-terminal-certificate"
        return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with PrivatePcscd() as service:
        content = tmp_path_factory.mktemp("content")
        (content / "trust").mkdir()
        yield Desk(service, content)


@pytest.mark.parametrize("language", ["en", "et", "fr", "ar"])
def test_people_are_told_the_state_and_that_identity_is_for_others(desk: Desk, language: str) -> None:
    arguments = ["read", "--content", str(desk.directory), "--language", language]
    code, told = desk.run(GermanChip(GermanSecrets(tries=1)), *arguments)
    assert code == 1
    lines = told.splitlines()
    assert lines[1].count("eID") or language == "ar"
    assert "protocol         PACE ECDH-GENERIC AES-128, parameters 13" in lines
    assert "tries left       1" in lines
    assert any(line.startswith("PIN              ") for line in lines)


@pytest.mark.parametrize("is_strict", [True, False])
def test_a_card_whose_pace_is_openpaces_goes_through_all_its_states(desk: Desk, *, is_strict: bool) -> None:
    card = OpenPaceIdentityCard(is_strict=is_strict)
    assert desk.read(card)["pin"] == "ready"
    assert desk.read(card, password=CAN)["code"] == "right"
    assert desk.read(card, pin=WRONG)["code"] == "wrong"
    assert desk.read(card, pin=WRONG)["pin"] == "suspended"
    assert desk.read(card, pin=PIN)["code"] == "last-try-unconfirmed"
    assert desk.read(card, "--last-try", pin=PIN)["code"] == "access-number-needed"
    resumed = desk.read(card, "--last-try", pin=PIN, password=CAN)
    assert (resumed["pin_before"], resumed["pin"], resumed["code"]) == ("suspended", "ready", "right")
    card.tries = 1
    assert desk.read(card, "--last-try", pin=WRONG, password=CAN)["pin"] == "blocked"
    code, told = desk.run(card, "pin", "unblock", "--json", puk=PUK)
    assert (code, json.loads(told)["pin"]) == (0, "ready")


def test_a_first_pin_and_another_one_are_set_and_a_weak_one_is_not(desk: Desk) -> None:
    card = GermanChip(GermanSecrets(pin=TRANSPORT_PIN))
    assert desk.read(card, pin=TRANSPORT_PIN)["pin"] == "transport"
    code, told = desk.run(card, "pin", "change", "--json", pin=TRANSPORT_PIN, new_pin=b"777777")
    assert (code, json.loads(told)["code"]) == (1, "new-pin-repeats")
    assert desk.run(card, "pin", "change", pin=TRANSPORT_PIN, new_pin=OTHER)[0] == 0
    assert desk.run(card, "pin", "change", pin=OTHER, new_pin=PIN)[0] == 0
    assert (card.secrets.pin, card.secrets.tries) == (PIN, 3)


def test_a_suspended_pin_is_resumed_and_a_deactivated_one_told(desk: Desk) -> None:
    card = GermanChip(GermanSecrets(tries=1))
    assert desk.run(card, "pin", "resume", pin=PIN, password=CAN)[0] == 0
    assert card.secrets.tries == 3
    off = GermanChip(GermanSecrets(is_active=False))
    assert desk.read(off, pin=PIN)["pin"] == "deactivated"
    assert desk.run(off, "pin", "unblock", puk=PUK)[0] == 1
