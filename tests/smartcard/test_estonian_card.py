# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The simulated card's files and its manners on the line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.estonian_card import Chip, EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import AINO, KADRI
from townhall_smartcard.simulation.pki import TestPki

DIALOGUES = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "apdu-dialogues.json"

KEYS = TestPki().issue_card_keys(KADRI)
SELECT_MAIN = "00A4040C10A000000077010800070000FE00000100"
SELECT_AUTHENTICATION_CERTIFICATE = "00A4090404ADF1340100"


@pytest.fixture
def card() -> EstonianCard:
    return EstonianCard(KADRI, KEYS)


def send(card: EstonianCard, command: str) -> str:
    return card.transmit(bytes.fromhex(command)).hex().upper()


def read_file(card: EstonianCard, block: int = 0) -> bytes:
    """Read the selected file to its end, in blocks of that Le."""
    content = b""
    while True:
        answer = card.transmit(bytes((0x00, 0xB0, len(content) >> 8, len(content) & 0xFF, block)))
        content += answer[:-2]
        if answer[-2:] not in (b"\x90\x00", b"\x62\x82"):
            return content


@given(st.binary(max_size=300))
def test_every_sequence_of_bytes_gets_an_answer(command: bytes) -> None:
    answer = EstonianCard(KADRI, KEYS).transmit(command)
    assert 2 <= len(answer) <= 258
    assert answer[-2] & 0xF0 in (0x60, 0x90)


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "00",
        "00A404",
        "00A4040C05AABB",
        "00A4040C01AABBCC",
        "00200001",
        "002000010C31323334",
        "00A4040C00000FA000",
        "00B00000000100",
    ],
)
def test_contradicting_lengths_are_answered_and_not_waited_for(card: EstonianCard, malformed: str) -> None:
    expected = "63C3" if malformed == "00200001" else "6700"  # the one well-formed neighbour
    assert send(card, malformed) == expected


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("80A4000C", "6E00"),
        ("0CA4000C", "6882"),
        ("10A4000C", "6884"),
        ("00FF0000", "6D00"),
        ("00A40A0C023F00", "6A86"),
        ("00A4000D023F00", "6A86"),
        ("00A4000C013F", "6A87"),
        ("00A4000C02ABCD", "6A82"),
        ("00A4040C07A0000002471001", "6A82"),
        ("00B0000000", "6986"),
        ("00C0000000", "6985"),
        ("00C0010000", "6A86"),
    ],
)
def test_what_the_card_does_not_know_it_refuses_with_the_standards_words(
    card: EstonianCard, command: str, status: str
) -> None:
    assert send(card, command) == status


def test_commands_recorded_from_a_real_card_get_its_answers(card: EstonianCard) -> None:
    if not DIALOGUES.exists():
        pytest.fail(f"the shared vectors are not beside the repository: {DIALOGUES.name}")
    dialogues = json.loads(DIALOGUES.read_text())["dialogues"]
    compared = 0
    for dialogue in dialogues:
        if not dialogue["test"].startswith("esteid_idemia"):
            continue
        for step in dialogue["steps"]:
            if step["command"].startswith("00b0"):
                continue  # certificates of other lengths
            answer, recorded = send(card, step["command"]).lower(), step["response"]
            compared += 1
            assert len(answer) == len(recorded)
            assert answer[-4:] == recorded[-4:]
            if step["command"].startswith("00cb"):
                assert answer == recorded
            if step["command"].startswith("00a4"):
                assert answer[:8] == recorded[:8]
    assert compared == 16


@pytest.mark.parametrize("block", [0x00, 0xC0, 0xE9, 0x01])
@pytest.mark.parametrize(("path", "role"), [("ADF13401", "authentication"), ("ADF2341F", "signature")])
def test_a_certificate_is_read_in_blocks_of_any_size(card: EstonianCard, block: int, path: str, role: str) -> None:
    certificate = {"authentication": KEYS.authentication, "signature": KEYS.signature}[role].certificate
    send(card, SELECT_MAIN)
    assert send(card, f"00A4090404{path}00") == f"62048002{len(certificate):04X}9000"
    assert read_file(card, block) == certificate


def test_a_read_past_the_end_says_so(card: EstonianCard) -> None:
    size = len(KEYS.authentication.certificate)
    send(card, SELECT_AUTHENTICATION_CERTIFICATE)
    assert send(card, f"00B0{size - 3:04X}04")[-4:] == "6282"
    assert send(card, f"00B0{size - 3:04X}03")[-4:] == "9000"
    assert send(card, f"00B0{size - 3:04X}00")[-4:] == "9000"
    assert send(card, f"00B0{size:04X}01") == "6B00"
    assert send(card, "00B0840001") == "6A81"


def test_the_personal_data_file_holds_the_person() -> None:
    card = EstonianCard(AINO, KEYS)
    assert send(card, SELECT_MAIN) == "9000"
    assert send(card, "00A4010C025000") == "9000"
    records = []
    for number in range(1, 16):
        assert send(card, f"00A4010C0250{number:02X}") == "9000"
        records.append(read_file(card).decode())
    assert records == [
        "ŽUKOVSKAJA-VÄLJATAGA",
        "AINO ÜLLE-MARIA",
        "N",
        "EST",
        "29 02 2004 EST",
        AINO.personal_code,
        "TT0000993",
        "31 12 2099",
        "03 02 2025",
        *["\0"] * 6,
    ]


def test_folders_are_found_by_path_by_identifier_and_by_name(card: EstonianCard) -> None:
    assert send(card, "00A4000C023F00") == "9000"
    assert send(card, "00A4010C02ADF2") == "9000"
    assert send(card, "00A4020402341F00").startswith("62048002")
    assert send(card, "00A4080C0450005001") == "9000"
    assert read_file(card) == "ÕISPUU".encode()
    assert send(card, "00A4020C025002") == "9000"
    assert send(card, "00A4080C0450005099") == "6A82"
    assert send(card, "00A4080C06500050015001") == "6A82"
    assert send(card, "00A4040C0DE828BD080FF2504F5420415750") == "9000"
    assert send(card, "00A4090C04ADF2341F") == "9000"
    assert send(card, "00A4000C02D003") == "9000"
    assert read_file(card) == b"\x04\x09TT0000991"


def test_a_folder_tells_its_identifier_and_name(card: EstonianCard) -> None:
    assert send(card, "00A404000DE828BD080FF2504F542041575000") == "62138302ADF1840DE828BD080FF2504F54204157509000"
    assert send(card, "00A4000402500000") == "620483025000" + "9000"


def test_an_answer_that_nobody_asked_for_waits_for_get_response(card: EstonianCard) -> None:
    assert send(card, "00A4090404ADF13401") == "6106"
    assert send(card, "00C0000006")[-4:] == "9000"
    assert send(card, "00C0000006") == "6985"


def test_an_answer_longer_than_asked_comes_in_parts(card: EstonianCard) -> None:
    assert send(card, "00A4090404ADF1340104") == "6106"
    assert send(card, "00C0000004") == "620480026102"
    assert send(card, "00C0000004") == "6C02"
    assert send(card, "00C0000002")[-4:] == "9000"


def test_another_command_drops_what_was_not_fetched(card: EstonianCard) -> None:
    assert send(card, "00A4090404ADF13401") == "6106"
    assert send(card, "00A4000C") == "9000"
    assert send(card, "00C0000000") == "6985"


def test_over_t0_answers_are_fetched_and_wrong_lengths_corrected() -> None:
    card = EstonianCard(KADRI, KEYS, delivery=Delivery.FETCHED)
    size = len(KEYS.authentication.certificate)
    assert send(card, SELECT_AUTHENTICATION_CERTIFICATE) == "6106"
    assert send(card, "00C0000006") == f"62048002{size:04X}9000"
    assert send(card, f"00B0{size - 5:04X}00") == "6C05"
    assert send(card, f"00B0{size - 5:04X}05") == KEYS.authentication.certificate[-5:].hex().upper() + "9000"
    assert len(send(card, "00B0000000")) == 2 * 258


@pytest.mark.parametrize(
    ("chip", "atr"),
    [
        (Chip.COSMO_8, "3bdb960080b1fe451f830012233f536549440f9000f1"),
        (Chip.COSMO_X, "3bdc960080b1fe451f830012233f54654944320f9000c3"),
    ],
)
def test_both_chips_have_their_atr(chip: Chip, atr: str) -> None:
    assert EstonianCard(KADRI, KEYS, chip=chip).atr.hex() == atr


def test_a_reset_forgets_the_selection(card: EstonianCard) -> None:
    send(card, SELECT_AUTHENTICATION_CERTIFICATE)
    card.reset()
    assert send(card, "00B0000001") == "6986"


def test_the_card_shows_neither_pins_nor_keys(card: EstonianCard) -> None:
    shown: list[Callable[[object], str]] = [repr, str]
    for show in shown:
        assert "1234" not in show(card)
        assert "PRIVATE" not in show(CardKeys(KEYS.authentication, KEYS.signature)).upper()
