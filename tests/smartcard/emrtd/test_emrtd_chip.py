# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The simulated chip keeps the standard's rules where no habit or fault was ordered, and answers whatever comes."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from townhall_smartcard.apdu import CommandApdu, ResponseApdu
from townhall_smartcard.emrtd.access import AccessProtocol, AccessRefused
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.lds.files import LdsFile
from townhall_smartcard.emrtd.pace import PacePassword, PaceSession, establish
from townhall_smartcard.emrtd.secure_messaging import SecureMessaging, SecureSession
from townhall_smartcard.emrtd.security_infos import PaceInfo
from townhall_smartcard.emrtd.session import EmrtdSession, open_emrtd
from townhall_smartcard.emrtd.steps import run
from townhall_smartcard.errors import CardError, CardRemovedError, SecureMessagingError
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.emrtd_chip import ChipContents, ChipHabits, EmrtdChip

Make = Callable[..., ChipContents]
SELECT_APPLICATION = bytes.fromhex("00A4040C07A0000002471001")


def status_of(chip: EmrtdChip, command: str) -> str:
    return chip.transmit(bytes.fromhex(command))[-2:].hex().upper()


@pytest.fixture
def chip(contents: Make) -> EmrtdChip:
    return EmrtdChip(contents(), pause=lambda _seconds: None)


@given(command=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_gets_an_answer_and_opens_nothing(chip: EmrtdChip, command: bytes) -> None:
    ResponseApdu.parse(chip.transmit(command))
    chip.reset()
    chip.transmit(SELECT_APPLICATION)
    assert status_of(chip, "00B09E0000") == "6982"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("00B09C0000", "6282"),  # EF.CardAccess is everybody's
        ("00B0810000", "6282"),  # EF.ATR/INFO too
        ("00B09D0000", "6982"),  # EF.CardSecurity is not
        ("00A4020C02011C", "9000"),
        ("00A4020C02011D", "6982"),
        ("00A4020C020199", "6982"),  # whether it is there or not
        ("00A4040C07A0000002471002", "6A82"),
        ("00A4050C020101", "6A86"),
        ("00B0000000", "6986"),
        ("0084000008", "6985"),  # Basic Access Control is the application's
        ("0022C1A40F800A04007F00070202040202830109", "6A88"),  # a password that it has not
        ("0022C1A40F800A04007F00070202040302830101", "6A80"),  # a variant that it has not
        ("0022C1A4028000", "6A80"),
        ("10860000027C0000", "6D00"),
        ("0088000008000000000000000000", "6D00"),
        ("0CB09C000D97010F8E08000000000000000000", "6988"),
        ("80B0000000", "6E00"),
        ("00D6000001AA", "6D00"),
        ("00B0", "6700"),
        ("00A4020C03011C", "6700"),
        ("00A4020C000002011C", "9000"),  # extended lengths are known
        ("00A4020C000003011C", "6700"),
    ],
)
def test_before_it_is_opened_it_says_what_the_standard_says(chip: EmrtdChip, command: str, status: str) -> None:
    assert status_of(chip, command) == status


def test_a_chip_of_short_lengths_refuses_others(contents: Make) -> None:
    chip = EmrtdChip(contents(), ChipHabits(knows_extended=False))
    assert status_of(chip, "00A4020C000002011C") == "6700"


def test_a_challenge_is_good_once(contents: Make) -> None:
    chip = EmrtdChip(contents(offers=()))
    chip.transmit(SELECT_APPLICATION)
    message = "0082000028" + "00" * 40 + "28"
    assert status_of(chip, message) == "6985"
    assert status_of(chip, "0084000008") == "9000"
    assert status_of(chip, message) == "6300"
    assert status_of(chip, message) == "6985"


def opened(
    chip: EmrtdChip, offer: PaceInfo, password: PacePassword, randomness: Randomness
) -> tuple[SecureMessaging, SecureSession]:
    session = run(establish(offer, password, randomness), processors_for(chip, is_extended=True))
    assert isinstance(session, PaceSession)
    keys = SecureSession(session.keys)
    return SecureMessaging(processors_for(chip, is_extended=True), keys), keys


def test_a_command_in_the_clear_ends_the_session(contents: Make, mrz: PacePassword, randomness: Randomness) -> None:
    inside = contents()
    chip = EmrtdChip(inside)
    channel, _ = opened(chip, inside.offers[0], mrz, randomness)
    assert channel.exchange(CommandApdu(0, 0xA4, 4, 0x0C, SELECT_APPLICATION[5:])).is_ok
    assert status_of(chip, "00B09C0000") == "6982", "in the application this is another file, and closed"
    with pytest.raises(SecureMessagingError):
        channel.exchange(CommandApdu(0, 0xB0, 0x9E, 0, le=4))


@pytest.mark.parametrize("place", [1, 2, 7, -2])
def test_a_changed_command_ends_the_session(
    contents: Make, mrz: PacePassword, randomness: Randomness, place: int
) -> None:
    inside = contents()
    chip = EmrtdChip(inside)
    _, keys = opened(chip, inside.offers[0], mrz, randomness)
    raw = keys.protect(CommandApdu(0, 0xA4, 4, 0x0C, SELECT_APPLICATION[5:])).encode()
    raw[place] ^= 1
    assert chip.transmit(raw).hex() == "6988"
    raw[place] ^= 1
    assert chip.transmit(raw).hex() == "6988"


def test_a_reset_closes_it(contents: Make, mrz: PacePassword, randomness: Randomness) -> None:
    inside = contents()
    chip = EmrtdChip(inside)
    channel, _ = opened(chip, inside.offers[0], mrz, randomness)
    chip.reset()
    with pytest.raises(SecureMessagingError):
        channel.exchange(CommandApdu(0, 0xB0, 0x9E, 0, le=4))
    assert isinstance(open_emrtd(processors_for(chip, is_extended=True), mrz, randomness), EmrtdSession)


def test_wrong_passwords_slow_it_down_and_the_right_one_does_away_with_that(
    contents: Make, mrz: PacePassword, can: PacePassword, randomness: Randomness
) -> None:
    waited: list[float] = []
    chip = EmrtdChip(contents(has_bac=False), pause=waited.append)
    way = processors_for(chip, is_extended=True)
    for _ in range(7):
        open_emrtd(way, replace(can, secret=b"000000"), randomness)
    open_emrtd(way, can, randomness)
    assert waited == [1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0]
    open_emrtd(way, mrz, randomness)
    assert len(waited) == 7


def test_a_slow_chip_waits_before_each_answer(contents: Make, mrz: PacePassword, randomness: Randomness) -> None:
    waited: list[float] = []
    chip = EmrtdChip(contents(), ChipHabits(slowness_s=0.25), pause=waited.append)
    session = open_emrtd(processors_for(chip, is_extended=True), mrz, randomness)
    assert isinstance(session, EmrtdSession)
    session.read_file(LdsFile.COM)
    assert waited == [0.25] * 10


ENDINGS = st.sampled_from([b"\x90\x00", b"\x62\x82", b"\x6a\x82", b"\x69\x82", b"\x63\x00", b"\x61\x10", b"\x6c\x10"])


@given(
    bodies=st.lists(st.binary(max_size=60), min_size=40, max_size=40),
    endings=st.lists(ENDINGS, min_size=40, max_size=40),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_terminal_believes_no_noise_and_ends_with_a_typed_error_or_a_refusal(
    mrz: PacePassword, randomness: Randomness, bodies: list[bytes], endings: list[bytes]
) -> None:
    waiting = iter([body + ending for body, ending in zip(bodies, endings, strict=True)])

    class Noise:
        def transmit(self, _command: bytes | bytearray) -> bytes:
            try:
                return next(waiting)
            except StopIteration:
                raise CardRemovedError from None

    try:
        outcome = open_emrtd(processors_for(Noise(), is_extended=True), mrz, randomness)
    except CardError:
        return
    assert outcome == AccessRefused() or (
        isinstance(outcome, EmrtdSession) and outcome.protocol is AccessProtocol.NONE
    ), "who needs no key is opened by nobody's key"
