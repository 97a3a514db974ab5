# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card's side of the vpcd protocol, against a driver that behaves as Debian's does."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardMisuseError
from townhall_smartcard.simulation import vpcd
from townhall_smartcard.simulation.faulty_card import DeadCard, FaultyCard
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader

DEADLINE_S = 5.0


class EchoCard:
    """Answers with the command."""

    atr = b"\x3b\x02\x14\x50"

    def __init__(self) -> None:
        self.resets = 0

    def transmit(self, command: RawCommand) -> bytes:
        return bytes(command) + b"\x90\x00"

    def reset(self) -> None:
        self.resets += 1


class Driver:
    """The reader driver's side: it writes length and body apart, without TCP_NODELAY."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(DEADLINE_S)
        self.port: int = self._listener.getsockname()[1]
        self._line: socket.socket | None = None

    @contextlib.contextmanager
    def slot(self, card: VirtualCard) -> Iterator[VirtualReader]:
        """Have a card in the slot, and pull it in the end: this driver never looks by itself."""
        reader = VirtualReader(card, "127.0.0.1", self.port)
        try:
            yield reader
        finally:
            reader.remove()

    @property
    def line(self) -> socket.socket:
        assert self._line is not None
        return self._line

    def accept(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line, _ = self._listener.accept()
        self._line.settimeout(DEADLINE_S)

    def send(self, message: bytes) -> None:
        self.line.sendall(len(message).to_bytes(2, "big"))
        self.line.sendall(message)

    def receive(self) -> bytes:
        length = int.from_bytes(self.line.recv(2, socket.MSG_WAITALL), "big")
        return self.line.recv(length, socket.MSG_WAITALL)

    def ask(self, message: bytes) -> bytes:
        self.send(message)
        return self.receive()

    def is_silent(self, seconds: float) -> bool:
        self.line.settimeout(seconds)
        try:
            self.line.recv(1)
        except TimeoutError:
            return True
        else:
            return False
        finally:
            self.line.settimeout(DEADLINE_S)

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
        self._listener.close()


@pytest.fixture
def driver() -> Iterator[Driver]:
    driver = Driver()
    yield driver
    driver.close()


def test_a_mute_card_lets_go_when_it_is_taken_out(driver: Driver) -> None:
    with driver.slot(FaultyCard(EchoCard()).mute_after(0)) as reader:
        driver.accept()
        assert driver.ask(b"\x04") == EchoCard.atr
        driver.send(b"\x00\xa4\x00\x0c")
        assert driver.is_silent(0.05)
        reader.remove()
        assert driver.line.recv(1) == b""


def test_a_mute_card_is_there_again_after_the_service_was_killed(driver: Driver) -> None:
    with driver.slot(FaultyCard(EchoCard()).mute_after(0)):
        driver.accept()
        driver.send(b"\x00\xa4\x00\x0c")
        driver.line.close()
        driver.accept()
        assert driver.ask(b"\x04") == EchoCard.atr


def test_a_card_pulled_at_a_command_closes_the_line_and_leaves_the_slot(driver: Driver) -> None:
    with driver.slot(FaultyCard(EchoCard()).tear(1)) as reader:
        driver.accept()
        assert driver.ask(b"\x00\xa4\x00\x0c") == b"\x00\xa4\x00\x0c\x90\x00"
        driver.send(b"\x00\xa4\x00\x0c")
        assert driver.line.recv(1) == b""
        assert reader.card is None
        second = EchoCard()
        reader.insert(second)
        assert reader.card is second
        driver.accept()
        assert driver.ask(b"\x04") == EchoCard.atr


def test_a_dead_card_is_present_but_gives_no_possible_atr(driver: Driver) -> None:
    with driver.slot(DeadCard()):
        driver.accept()
        assert len(driver.ask(b"\x04")) == 34


def test_power_off_and_reset_reset_the_card(driver: Driver) -> None:
    card = EchoCard()
    with driver.slot(card):
        driver.accept()
        before = card.resets
        for control in (b"\x01", b"\x02", b"\x00"):
            driver.send(control)
        assert driver.ask(b"\x04") == EchoCard.atr
        assert card.resets == before + 2


def test_a_command_in_pieces_and_two_at_once_are_told_apart(driver: Driver) -> None:
    with driver.slot(EchoCard()):
        driver.accept()
        for byte in b"\x00\x05\x00\xb0\x00\x00\x10":
            driver.line.sendall(bytes((byte,)))
        assert driver.receive() == b"\x00\xb0\x00\x00\x10\x90\x00"
        driver.line.sendall(b"\x00\x02ab\x00\x02cd")
        assert driver.receive() == b"ab\x90\x00"
        assert driver.receive() == b"cd\x90\x00"


def test_long_commands_and_answers_pass(driver: Driver) -> None:
    with driver.slot(EchoCard()):
        driver.accept()
        command = bytes(65_000)
        assert driver.ask(command) == command + b"\x90\x00"


def test_the_slot_dials_again_when_the_service_comes_back(driver: Driver) -> None:
    with driver.slot(EchoCard()):
        for _ in range(3):
            driver.accept()
            assert driver.ask(b"\x04") == EchoCard.atr
            driver.line.close()


def test_a_line_that_the_driver_has_lost_is_dialled_anew(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vpcd, "_UNHEARD_S", 0.05)
    with driver.slot(EchoCard()):
        driver.accept()
        lost, driver._line = driver._line, None  # open, and never read again
        driver.accept()
        assert driver.ask(b"\x04") == EchoCard.atr
        assert lost is not None
        lost.close()


def test_a_card_waits_for_a_service_that_is_not_there_yet() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        with VirtualReader(EchoCard(), "127.0.0.1", reserved.getsockname()[1]):
            reserved.listen()
            reserved.settimeout(DEADLINE_S)
            line, _ = reserved.accept()
            line.close()


def test_one_slot_holds_one_card(driver: Driver) -> None:
    with driver.slot(EchoCard()) as reader, pytest.raises(CardMisuseError):
        reader.insert(EchoCard())


def test_an_empty_slot_can_be_emptied_and_closed_twice(driver: Driver) -> None:
    reader = VirtualReader(None, "127.0.0.1", driver.port)
    assert reader.card is None
    reader.remove()
    reader.close()
    reader.close()


def test_putting_in_and_taking_out_a_hundred_times_leaves_no_thread_behind(driver: Driver) -> None:
    reader = VirtualReader(None, "127.0.0.1", driver.port)
    for _ in range(100):
        reader.insert(EchoCard())
        reader.remove()
    assert reader.card is None
    assert "virtual-reader" not in [thread.name for thread in threading.enumerate()]


def test_a_command_does_not_wait_for_the_delayed_acknowledgement(driver: Driver) -> None:
    with driver.slot(EchoCard()):
        driver.accept()
        begin = time.monotonic()
        for _ in range(100):
            driver.ask(b"\x00\xb0\x00\x00\xc0")
        assert time.monotonic() - begin < 100 * 0.035  # 4.4 s where it waits, 0.02 s where it does not
