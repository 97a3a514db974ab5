# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""OpenSC at the same reader with keys: the driver of these tests understands a client that others wrote."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.smartcard.opensc_tools import OpenScTools
from tests.smartcard.pin_pad.keypad import Keypad, compile_driver

from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_smartcard.simulation.keypad import CANCEL, Finger
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.vpcd import VirtualReader

PIN1 = "01"


@pytest.fixture
def card() -> EstonianCard:
    return EstonianCard(KADRI, TestPki().issue_card_keys(KADRI))


@pytest.fixture
def bench(card: EstonianCard, tmp_path: Path) -> Iterator[tuple[OpenScTools, Finger]]:
    with (
        PrivatePcscd(cover=compile_driver(tmp_path)) as service,
        Keypad(service.drivers[0], Finger()) as keypad,
        VirtualReader(card, "127.0.0.1", service.ports[0]),
    ):
        tools = OpenScTools(service, tmp_path)
        tools.wait_for_card()
        yield tools, keypad.finger


def test_opensc_finds_the_keys_and_has_pins_verified_and_changed_at_them(
    bench: tuple[OpenScTools, Finger], card: EstonianCard
) -> None:
    tools, finger = bench
    verify = ("pkcs15-tool", "--verify-pin", "--auth-id", PIN1, "--use-pinpad")
    assert "PIN pad" in tools.said("opensc-tool", "--list-readers")
    finger.enters(b"4321")
    assert tools.run(*verify).returncode != 0
    assert card.tries_left(PinReference.PIN1) == 2
    finger.answers(CANCEL)
    assert tools.run(*verify).returncode != 0
    assert card.tries_left(PinReference.PIN1) == 2
    finger.enters(b"1234")
    tools.said(*verify)
    assert card.tries_left(PinReference.PIN1) == 3
    finger.enters(b"1234", b"8052", b"8052")
    tools.said("pkcs15-tool", "--change-pin", "--auth-id", PIN1, "--use-pinpad")
    assert card._security.pins[PinReference.PIN1].holds(b"8052".ljust(12, b"\xff"))
    assert [(asked.shortest, asked.longest, asked.confirm) for asked in finger.seen] == [
        *((4, 12, None),) * 3,
        (4, 12, 3),
    ]
