# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""OpenSC's module in a vendor's place, before simulated cards in readers of a real PC/SC service."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.smartcard.opensc_tools import OpenScTools
from tests.smartcard.vendor.relay import relayed
from tests.smartcard.vendor.soft_tokens import OPENSC

from townhall_crypto.card_signature import is_card_signature
from townhall_smartcard.apdu import Ins
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardModuleError, CardRemovedError, CardUnsupportedError
from townhall_smartcard.messages import PinRole, PinTries
from townhall_smartcard.national.at_desk import KeyUse, NationalRead
from townhall_smartcard.pins import BLOCKED, LAST_TRY_UNCONFIRMED, PinRefusal, PinRefusalReason
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_smartcard.simulation.every_family import EVERY_FAMILY, READ_AT_DESKS, NationalSample
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.stack import virtual_reader_name
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader
from townhall_smartcard.vendor.at_desk import read_with_module
from townhall_smartcard.vendor.modules import VendorModule

MODULE = VendorModule("OpenSC", OPENSC)
READER = virtual_reader_name(0)
BOTH = (PinRole.AUTHENTICATION, PinRole.SIGNATURE)
MESSAGE = b"townhall test of a module"
CARDS = {**EVERY_FAMILY, **READ_AT_DESKS}


@pytest.fixture(scope="module")
def service() -> Iterator[PrivatePcscd]:
    with PrivatePcscd() as running:
        yield running


@pytest.fixture
def tools(service: PrivatePcscd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenScTools]:
    with relayed(service.socket_path, tmp_path) as path:
        monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(path))
        yield OpenScTools(service, tmp_path)


@contextmanager
def in_reader(tools: OpenScTools, card: VirtualCard) -> Iterator[None]:
    with VirtualReader(card, "127.0.0.1", tools.service.ports[0]):
        tools.wait_for_card()
        yield


def uses(sample: NationalSample, *roles: PinRole) -> tuple[KeyUse, ...]:
    pins = {PinRole.AUTHENTICATION: sample.pin1, PinRole.SIGNATURE: sample.pin2}
    return tuple(KeyUse(role, bytearray(pins[role]), MESSAGE) for role in roles)


@pytest.mark.parametrize("name", ["Estonia 2018", "PIV, RSA", "PIV, P-256", "PKCS#15, RSA"])
def test_a_card_is_read_and_both_keys_sign_though_the_module_may_write_nothing(tools: OpenScTools, name: str) -> None:
    """The Estonian card is two tokens in one reader, a PIN each."""
    sample = CARDS[name]()
    asked = uses(sample, *BOTH)
    with in_reader(tools, sample.card):
        found = read_with_module(READER, MODULE, *asked)
    assert isinstance(found, NationalRead)
    assert found.made.keys() == set(BOTH)
    assert found.contents.stated.document_number
    for role in BOTH:
        signature, algorithm = found.made[role], found.algorithm(role)
        assert isinstance(signature, bytes)
        digest = algorithm.digest.of(MESSAGE)
        assert is_card_signature(found.contents.certificates[role], algorithm, digest, signature)
    assert not any(byte for use in asked for byte in use.typed)


def test_wrong_pins_are_counted_by_the_card_and_the_last_try_is_left(tools: OpenScTools) -> None:
    """OpenSC tells by the token's flags what is left; nothing is sent of a last try, nor to a blocked PIN."""
    card = EVERY_FAMILY["Estonia 2018"]()
    wrong = [KeyUse(PinRole.AUTHENTICATION, bytearray(b"9999"), MESSAGE) for _ in range(3)]
    found: list[object] = []
    tries: list[PinTries] = []
    with in_reader(tools, card.card):
        for use in wrong:
            outcome = read_with_module(READER, MODULE, use)
            assert isinstance(outcome, NationalRead)
            found.append(outcome.made[PinRole.AUTHENTICATION])
            tries.append(outcome.contents.tries[PinRole.AUTHENTICATION])
    assert found == [
        PinRefusal(PinRefusalReason.WRONG, 2),
        PinRefusal(PinRefusalReason.WRONG, 1),
        LAST_TRY_UNCONFIRMED,
    ]
    assert tries == [PinTries(3, 3, is_counted=False), PinTries(2, 3, is_counted=False), PinTries(1, 3)]
    assert isinstance(card.card, EstonianCard)
    assert card.card.tries_left(PinReference.PIN1) == 1


def test_a_blocked_pin_is_told_and_nothing_is_sent(tools: OpenScTools) -> None:
    sample = EVERY_FAMILY["Estonia 2018"]()
    with in_reader(tools, sample.card):
        for _ in range(3):
            tools.run("pkcs15-tool", "--verify-pin", "--auth-id", "01", "--pin", "9999")
        outcome = read_with_module(READER, MODULE, *uses(sample, PinRole.AUTHENTICATION))
    assert isinstance(outcome, NationalRead)
    assert outcome.made == {PinRole.AUTHENTICATION: BLOCKED}


class PulledAtPin:
    """A card that is pulled when a PIN comes, before or after it looked at it."""

    def __init__(self, card: VirtualCard, *, before: bool) -> None:
        self._card = card
        self._before = before
        self.is_out = False

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def reset(self) -> None:
        self._card.reset()

    def transmit(self, command: RawCommand) -> bytes:
        is_pin = command[1] == Ins.VERIFY and len(command) > 5
        answer = b"" if is_pin and self._before else self._card.transmit(command)
        if self.is_out or is_pin:
            self.is_out = True
            raise CardRemovedError
        return answer


@pytest.mark.parametrize("before", [True, False])
def test_a_card_that_is_pulled_as_its_pin_comes_is_told_and_leaves_no_pin(tools: OpenScTools, *, before: bool) -> None:
    sample = EVERY_FAMILY["Estonia 2018"]()
    card = PulledAtPin(sample.card, before=before)
    (asked,) = uses(sample, PinRole.AUTHENTICATION)
    with in_reader(tools, card):
        outcome = read_with_module(READER, MODULE, asked)
    assert card.is_out
    assert isinstance(outcome, CardRemovedError | CardModuleError), outcome
    assert not any(asked.typed)


def test_a_card_that_the_module_does_not_know_is_none_of_its_cards(tools: OpenScTools) -> None:
    with in_reader(tools, EVERY_FAMILY["Finland 4"]().card):
        assert isinstance(read_with_module(READER, MODULE), CardUnsupportedError)
