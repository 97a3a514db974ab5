# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One suite over every card connection: the card object itself, and that card in a reader of a real PC/SC service."""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Final, TypeAlias

import pytest

from townhall_smartcard.call_clock import CallClock
from townhall_smartcard.connection import CardConnection
from townhall_smartcard.errors import CardRemovedError, CardUnreadableError
from townhall_smartcard.estonia import EstonianIdCard
from townhall_smartcard.messages import PinRole, PinTries
from townhall_smartcard.pcsc import PcscSlots, card_transaction, open_slots
from townhall_smartcard.pins import PinRefusal, PinRefusalReason
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.estonian_card import Chip, EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader

DIGEST: Final = bytes(range(48))
SELECT_MAIN: Final = bytes.fromhex("00A4040C10A000000077010800070000FE00000100")
Connect: TypeAlias = Callable[[VirtualCard], AbstractContextManager[CardConnection]]


@contextlib.contextmanager
def directly(card: VirtualCard) -> Iterator[CardConnection]:
    yield card


class Reader:
    """A reader of a real service; cards are put in for one connection each."""

    def __init__(self, service: PrivatePcscd) -> None:
        self._slot = VirtualReader(None, "127.0.0.1", service.ports[0])

    @contextlib.contextmanager
    def __call__(self, card: VirtualCard) -> Iterator[CardConnection]:
        with open_slots() as slots:
            self._slot.insert(card)
            try:
                name = _until(slots, is_occupied=True)
                with card_transaction(name, CallClock(10.0)) as connection:
                    yield connection
            finally:
                self._slot.remove()
                _until(slots, is_occupied=False)


def _until(slots: PcscSlots, *, is_occupied: bool) -> str:
    """Wait until the first slot is so, and return the reader's name."""
    deadline = time.monotonic() + 10
    while (first := slots.wait(1.0)[0]).is_occupied is not is_occupied:
        assert time.monotonic() < deadline
    return first.name


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with PrivatePcscd(slots=2) as service, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PCSCLITE_CSOCK_NAME", str(service.socket_path))
        yield Reader(service)


@pytest.fixture(params=["object", "reader"])
def connect(request: pytest.FixtureRequest) -> Connect:
    if request.param == "object":
        return directly
    through_reader: Reader = request.getfixturevalue("reader")
    return through_reader


@pytest.fixture(scope="module")
def keys() -> CardKeys:
    return TestPki().issue_card_keys(KADRI)


@pytest.fixture
def card(keys: CardKeys) -> EstonianCard:
    return EstonianCard(KADRI, keys)


def test_an_answer_ends_with_its_status_word(connect: Connect, card: EstonianCard) -> None:
    with connect(card) as connection:
        assert connection.transmit(SELECT_MAIN) == b"\x90\x00"
        assert connection.transmit(bytes.fromhex("00A4010C02FFFF")) == b"\x6a\x82"


def test_bytes_and_bytearrays_are_sent_alike_and_left_alone(connect: Connect, card: EstonianCard) -> None:
    with connect(card) as connection:
        command = bytearray(SELECT_MAIN)
        assert connection.transmit(command) == connection.transmit(SELECT_MAIN)
        assert command == SELECT_MAIN


@pytest.mark.parametrize("chip", list(Chip))
def test_everything_is_read_the_same_way(connect: Connect, chip: Chip, keys: CardKeys) -> None:
    with connect(EstonianCard(KADRI, keys, chip=chip)) as connection:
        contents = EstonianIdCard(processors_for(connection)).read()
    assert contents.stated.surname == KADRI.surname
    assert contents.certificates[PinRole.SIGNATURE] == keys.signature.certificate
    assert contents.tries == dict.fromkeys(PinRole, PinTries(3, 3))


def test_pins_are_counted_and_keys_used(connect: Connect, card: EstonianCard) -> None:
    with connect(card) as connection:
        driver = EstonianIdCard(processors_for(connection))
        wrong = driver.sign(bytearray(b"99999"), DIGEST, last_try_confirmed=False)
        assert wrong == PinRefusal(PinRefusalReason.WRONG, 2)
        for pin, use in ((b"1234", driver.authenticate), (b"12345", driver.sign)):
            signature = use(bytearray(pin), DIGEST, last_try_confirmed=False)
            assert isinstance(signature, bytes)
            assert len(signature) == 96


@pytest.mark.parametrize("index", [0, 5])
def test_a_card_pulled_at_a_command_is_removed_and_stays_so(connect: Connect, card: EstonianCard, index: int) -> None:
    faulty = FaultyCard(card).tear(index)
    with connect(faulty) as connection:
        for _ in range(index):
            connection.transmit(SELECT_MAIN)
        with pytest.raises(CardRemovedError):
            connection.transmit(SELECT_MAIN)


def test_malformed_commands_get_an_answer_or_are_refused_and_the_card_lives_on(
    connect: Connect, card: EstonianCard
) -> None:
    with connect(card) as connection:
        for command in ("00A4040C", "00A4040C10A0", "00A4040C02A000FFFF", "FFFFFFFFFF", "00B0000000"):
            with contextlib.suppress(CardUnreadableError):  # a service may refuse to send it at all
                assert len(connection.transmit(bytes.fromhex(command))) >= 2
            assert connection.transmit(SELECT_MAIN) == b"\x90\x00"


def test_long_answers_arrive_whole(connect: Connect, card: EstonianCard, keys: CardKeys) -> None:
    with connect(card) as connection:
        connection.transmit(SELECT_MAIN)
        connection.transmit(bytes.fromhex("00A4090404ADF1340100"))
        answer = connection.transmit(bytes.fromhex("00B0000000"))
    assert answer[:-2] == keys.authentication.certificate[: len(answer) - 2]
    assert len(answer) > 200
