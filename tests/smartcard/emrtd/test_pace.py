# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""PACE byte for byte as in the worked examples, and no step of it believed unproved."""

from collections.abc import Callable, Iterator

import pytest

from townhall_smartcard.apdu import CommandApdu, ResponseApdu
from townhall_smartcard.emrtd.cipher import Cipher, KeyUse, SessionKeys
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.pace import (
    PaceOutcome,
    PacePassword,
    PaceRefused,
    PaceSession,
    PasswordReference,
    establish,
    token,
)
from townhall_smartcard.emrtd.pace_mapping import mapped
from townhall_smartcard.emrtd.security_infos import PaceInfo, PaceMapping
from townhall_smartcard.emrtd.steps import run
from townhall_smartcard.errors import CardMisuseError, CardUnreadableError, UnexpectedStatusError
from townhall_smartcard.tlv import encode

OFFER = PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_128, 13)


def drawing(*scalars: str) -> Callable[[int], bytes]:
    """Randomness from which the terminal draws these secret numbers."""
    waiting: Iterator[str] = iter(scalars)
    return lambda count: (int(next(waiting), 16) - 1).to_bytes(count, "big")


class Script:
    """A card that answers what was written down, if it is asked what was written down."""

    def __init__(self, exchanges: list[tuple[str, str]]) -> None:
        self._exchanges = iter(exchanges)

    def exchange(self, command: CommandApdu) -> ResponseApdu:
        expected, answer = next(self._exchanges)
        assert command.encode().hex() == expected.lower()
        return ResponseApdu.parse(bytes.fromhex(answer))


def run_example(example: dict[str, str], exchanges: list[tuple[str, str]]) -> PaceOutcome:
    password = PacePassword(PasswordReference.MRZ, bytes.fromhex(example["k"]))
    drawn = drawing(example["map_pcd_private"], example["pcd_private"])
    return run(establish(OFFER, password, drawn, names_parameters=True), Script(exchanges))


@pytest.fixture
def example(icao: Callable[[str], dict[str, str]]) -> dict[str, str]:
    return icao("pace-ecdh-gm-aes128")


@pytest.fixture
def exchanges(icao_exchanges: Callable[[str], list[tuple[str, str]]]) -> list[tuple[str, str]]:
    return icao_exchanges("pace-ecdh-gm-aes128")


def test_the_example_of_icao_is_met_byte_for_byte(example: dict[str, str], exchanges: list[tuple[str, str]]) -> None:
    session = run_example(example, exchanges)
    assert isinstance(session, PaceSession)
    keys = session.keys
    assert (keys.encryption.hex(), keys.checksum.hex()) == (example["ks_enc"].lower(), example["ks_mac"].lower())


def test_the_generator_of_both_examples_is_mapped(example: dict[str, str], bsi: dict[str, str]) -> None:
    curve = CURVES[13]
    for nonce, agreed, generator in (
        (example["nonce"], example["shared_h"], example["mapped_generator"]),
        (bsi["nonce"], bsi["map_shared_secret_h"], bsi["map_generator"]),
    ):
        point = mapped(curve, bytes.fromhex(nonce), curve.decode(bytes.fromhex(agreed)))
        assert curve.encode(point) == bytes.fromhex(generator)


def test_the_example_of_bsi_agrees_on_the_point_and_on_both_tokens(bsi: dict[str, str]) -> None:
    curve = CURVES[13]
    agreed = curve.multiply(int(bsi["pcd_priv_key"], 16), curve.decode(bytes.fromhex(bsi["picc_pub_key"])))
    assert curve.secret(agreed).hex() == bsi["shared_secret_k"]
    keys = SessionKeys.derive(Cipher.AES_128, curve.secret(agreed))
    assert token(OFFER, keys, bytes.fromhex(bsi["picc_pub_key"])).hex() == bsi["authentication_token_pcd"]
    assert token(OFFER, keys, bytes.fromhex(bsi["pcd_pub_key"])).hex() == bsi["authentication_token_picc"]


def changed(exchanges: list[tuple[str, str]], step: int, answer: str) -> list[tuple[str, str]]:
    return [(command, answer if number == step else old) for number, (command, old) in enumerate(exchanges)]


@pytest.mark.parametrize(("status", "left"), [("6300", None), ("63C2", 2), ("63C0", 0)])
def test_a_wrong_password_is_a_value_that_says_what_the_card_counts(
    example: dict[str, str], exchanges: list[tuple[str, str]], status: str, left: int | None
) -> None:
    assert run_example(example, changed(exchanges, 4, status)) == PaceRefused(left)


def test_tries_lost_before_are_told_at_the_start_and_refuse_nothing(
    example: dict[str, str], exchanges: list[tuple[str, str]]
) -> None:
    assert isinstance(run_example(example, changed(exchanges, 0, "63C1")), PaceSession)


@pytest.mark.parametrize("step", range(5))
@pytest.mark.parametrize("status", ["6982", "6A80", "6A88", "6283"])
def test_a_refused_step_is_told_with_its_status(
    example: dict[str, str], exchanges: list[tuple[str, str]], step: int, status: str
) -> None:
    with pytest.raises(UnexpectedStatusError) as caught:
        run_example(example, changed(exchanges, step, status))
    assert caught.value.status == int(status, 16)


def test_a_blocked_password_is_no_wrong_one(example: dict[str, str], exchanges: list[tuple[str, str]]) -> None:
    with pytest.raises(UnexpectedStatusError):
        run_example(example, changed(exchanges, 0, "63C0"))


@pytest.mark.parametrize("step", range(1, 5))
@pytest.mark.parametrize("answer", ["", "7C00", "7C028000", "00", "7C03", "7C0482008200"])
def test_an_answer_of_another_form_is_refused(
    example: dict[str, str], exchanges: list[tuple[str, str]], step: int, answer: str
) -> None:
    with pytest.raises(CardUnreadableError):
        run_example(example, changed(exchanges, step, answer + "9000"))


@pytest.mark.parametrize("step", [2, 3])
def test_a_point_that_is_not_on_the_curve_is_refused(
    example: dict[str, str], exchanges: list[tuple[str, str]], step: int
) -> None:
    answer = bytearray.fromhex(exchanges[step][1])
    answer[-3] ^= 1
    with pytest.raises(CardUnreadableError):
        run_example(example, changed(exchanges, step, answer.hex()))


def test_a_card_that_gives_our_own_key_back_is_refused(
    example: dict[str, str], exchanges: list[tuple[str, str]]
) -> None:
    echo = encode(0x7C, encode(0x84, bytes.fromhex(example["pcd_public"]))).hex() + "9000"
    with pytest.raises(CardUnreadableError, match="our own key"):
        run_example(example, changed(exchanges, 3, echo))


def test_a_nonce_of_nothing_is_refused(example: dict[str, str], exchanges: list[tuple[str, str]]) -> None:
    key = Cipher.AES_128.derive(bytes.fromhex(example["k"]), KeyUse.PASSWORD)
    nothing = Cipher.AES_128.encrypt(key, bytes(16), bytes(16))
    answer = encode(0x7C, encode(0x80, nothing)).hex() + "9000"
    with pytest.raises(CardUnreadableError, match="nothing"):
        run_example(example, changed(exchanges, 1, answer))


def test_a_nonce_longer_than_any_chips_is_refused(example: dict[str, str], exchanges: list[tuple[str, str]]) -> None:
    nonce = encode(0x7C, encode(0x80, bytes(80))).hex() + "9000"
    with pytest.raises(CardUnreadableError):
        run_example(example, changed(exchanges, 1, nonce))


@pytest.mark.parametrize("wrong", ["3ABB9674BCE93C09", "3ABB9674BCE93C", "C2B0BD78D94BA866", ""])
def test_a_card_without_the_right_token_is_not_believed(
    example: dict[str, str], exchanges: list[tuple[str, str]], wrong: str
) -> None:
    answer = encode(0x7C, encode(0x86, bytes.fromhex(wrong))).hex() + "9000"
    with pytest.raises(CardUnreadableError, match="does not know the password"):
        run_example(example, changed(exchanges, 4, answer))


@pytest.mark.parametrize(
    "offer",
    [
        PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_128, 0),
        PaceInfo(PaceMapping.DH_GENERIC, Cipher.AES_128, 13),
        PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_128, None),
        PaceInfo(PaceMapping.ECDH_INTEGRATED, Cipher.AES_128, 10),
        PaceInfo(PaceMapping.ECDH_CHIP_AUTHENTICATION, Cipher.TRIPLE_DES, 13),
    ],
    ids=["curve-of-residues", "residues-of-a-curve", "unnamed", "integrated-p224", "cam-3des"],
)
def test_a_variant_that_is_not_served_is_never_begun(offer: PaceInfo) -> None:
    asked: list[CommandApdu] = []

    class Willing:
        def exchange(self, command: CommandApdu) -> ResponseApdu:
            asked.append(command)
            return ResponseApdu(b"", 0x9000)

    with pytest.raises(CardMisuseError):
        run(establish(offer, PacePassword(PasswordReference.CAN, b"123456"), bytes), Willing())
    assert not asked


def test_no_password_shows() -> None:
    assert "123456" not in repr(PacePassword(PasswordReference.CAN, b"123456"))
