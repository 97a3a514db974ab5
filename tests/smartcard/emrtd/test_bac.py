# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Basic Access Control byte for byte as in the worked example, and no answer of it believed unproved."""

import hashlib
from collections.abc import Callable, Iterator

import pytest

from townhall_smartcard.apdu import CommandApdu, ResponseApdu
from townhall_smartcard.emrtd.bac import BacOutcome, BacRefused, BacSession, establish, sealed
from townhall_smartcard.emrtd.cipher import Cipher, SessionKeys
from townhall_smartcard.emrtd.steps import run
from townhall_smartcard.errors import CardUnreadableError, UnexpectedStatusError

Exchanges = list[tuple[str, str]]


class Script:
    """A card that answers what was written down, if it is asked what was written down."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = iter(exchanges)

    def exchange(self, command: CommandApdu) -> ResponseApdu:
        expected, answer = next(self._exchanges)
        assert command.encode().hex() == expected.lower()
        return ResponseApdu.parse(bytes.fromhex(answer))


@pytest.fixture
def facts(icao: Callable[[str], dict[str, str]]) -> dict[str, str]:
    return icao("bac")


@pytest.fixture
def exchanges(icao_exchanges: Callable[[str], Exchanges]) -> Exchanges:
    return icao_exchanges("bac")


def run_example(facts: dict[str, str], exchanges: Exchanges) -> BacOutcome:
    drawn: Iterator[str] = iter((facts["rnd_ifd"], facts["k_ifd"]))
    secret = hashlib.sha1(facts["mrz_information"].encode()).digest()  # noqa: S324  # as the standard has it
    return run(establish(secret, lambda _count: bytes.fromhex(next(drawn))), Script(exchanges))


def test_the_example_of_icao_is_met_byte_for_byte(facts: dict[str, str], exchanges: Exchanges) -> None:
    session = run_example(facts, exchanges)
    assert isinstance(session, BacSession)
    assert session.keys.encryption.hex() == facts["ks_enc"].lower()
    assert session.keys.checksum.hex() == facts["ks_mac"].lower()
    assert session.counter == int(facts["ssc"], 16)


def changed(exchanges: Exchanges, step: int, answer: str) -> Exchanges:
    return [(command, answer if number == step else old) for number, (command, old) in enumerate(exchanges)]


@pytest.mark.parametrize("status", ["6300", "6982", "6985", "6988"])
def test_a_wrong_key_is_a_value(facts: dict[str, str], exchanges: Exchanges, status: str) -> None:
    assert run_example(facts, changed(exchanges, 1, status)) == BacRefused()


@pytest.mark.parametrize(("step", "status"), [(0, "6982"), (0, "6D00"), (1, "6700"), (1, "6F00"), (1, "6A80")])
def test_another_refusal_is_told_with_its_status(
    facts: dict[str, str], exchanges: Exchanges, step: int, status: str
) -> None:
    with pytest.raises(UnexpectedStatusError) as caught:
        run_example(facts, changed(exchanges, step, status))
    assert caught.value.status == int(status, 16)


@pytest.mark.parametrize("challenge", ["", "4608F919887022", "4608F9198870221200"])
def test_a_challenge_of_another_length_is_refused(facts: dict[str, str], exchanges: Exchanges, challenge: str) -> None:
    with pytest.raises(CardUnreadableError):
        run_example(facts, changed(exchanges, 0, challenge + "9000"))


@pytest.mark.parametrize("place", [0, 16, 31, 32, 39])
def test_any_changed_byte_of_the_answer_is_refused(facts: dict[str, str], exchanges: Exchanges, place: int) -> None:
    answer = bytearray.fromhex(exchanges[1][1])
    answer[place] ^= 1
    with pytest.raises(CardUnreadableError, match="checksum"):
        run_example(facts, changed(exchanges, 1, answer.hex()))


@pytest.mark.parametrize("length", [0, 8, 39])
def test_a_cut_answer_is_refused(facts: dict[str, str], exchanges: Exchanges, length: int) -> None:
    with pytest.raises(CardUnreadableError):
        run_example(facts, changed(exchanges, 1, exchanges[1][1][: 2 * length] + "9000"))


def document_keys(facts: dict[str, str]) -> SessionKeys:
    return SessionKeys.derive(Cipher.TRIPLE_DES, bytes.fromhex(facts["k_seed"]))


def test_our_own_message_reflected_is_refused(facts: dict[str, str], exchanges: Exchanges) -> None:
    reflected = facts["e_ifd"] + facts["m_ifd"] + "9000"
    with pytest.raises(CardUnreadableError, match="another challenge"):
        run_example(facts, changed(exchanges, 1, reflected))


@pytest.mark.parametrize("nonces", ["rnd_ic rnd_ic", "rnd_ifd rnd_ifd", "rnd_ifd rnd_ic"])
def test_an_answer_to_another_challenge_is_refused(facts: dict[str, str], exchanges: Exchanges, nonces: str) -> None:
    message = b"".join(bytes.fromhex(facts[each]) for each in nonces.split()) + bytes(16)
    with pytest.raises(CardUnreadableError, match="another challenge"):
        run_example(facts, changed(exchanges, 1, sealed(document_keys(facts), message).hex() + "9000"))


def test_no_key_shows(facts: dict[str, str], exchanges: Exchanges) -> None:
    assert facts["ks_enc"].lower() not in repr(run_example(facts, exchanges)).lower()
