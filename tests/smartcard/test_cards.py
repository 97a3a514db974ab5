# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which card is which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.cards import family_of_atr, probe
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.messages import CardFamily
from townhall_smartcard.processors import processors_for


class SelectingCard:
    """A card of unknown ATR that can select some things."""

    def __init__(self, *selectable: str) -> None:
        self._selectable = [bytes.fromhex(each) for each in selectable]
        self.asked: list[bytes] = []

    def transmit(self, command: RawCommand) -> bytes:
        self.asked.append(bytes(command))
        if any(each in command for each in self._selectable):
            return bytes.fromhex("6204800204079000") if command[3] == 0x04 else b"\x90\x00"
        return b"\x6a\x82"


@pytest.mark.parametrize(
    ("atr", "family"),
    [
        ("3BDB960080B1FE451F830012233F536549440F9000F1", CardFamily.ESTEID_2018),
        ("3BDC960080B1FE451F830012233F54654944320F9000C3", CardFamily.ESTEID_2018),
        ("3BFA1800008031FE45FE654944202F20504B4903", CardFamily.TOO_OLD),
        ("3BDB960080B1FE451F830012428F536549440F900020", CardFamily.LATEID_2019),
        ("3BDC960080B1FE451F830012428F54654944320F900012", CardFamily.LATEID_2019),
        ("3BDD18008131FE45904C41545649412D65494490008C", CardFamily.LATEID_2012),
        ("", CardFamily.DEAD),
        ("3B7F9600008031B865B08504021B1200F6829000", CardFamily.FINEID_3),
        ("3BFF9600008031FE438031B85365494464B085051012233F1D", CardFamily.ESTEID_2025),
        ("3B9813400AA503010101AD1311", CardFamily.BELPIC),
        ("3B989540FFA503010101AD1320", CardFamily.BELPIC),
        ("3B7F96000080318065B085040120120FFF829000", CardFamily.BELPIC),
        ("3BFF9400008131804380318065B0850201F3120FFF82900079", CardFamily.SRBID),
        ("3B6500002063CB6800", None),
    ],
)
def test_an_atr_tells_the_families_that_we_know(atr: str, family: CardFamily | None) -> None:
    assert family_of_atr(bytes.fromhex(atr)) is family


@given(st.binary(min_size=1, max_size=33))
def test_an_atr_that_nobody_listed_tells_nothing(atr: bytes) -> None:
    assert family_of_atr(atr) is None


def test_a_card_of_unknown_atr_with_the_estonian_files_is_estonian() -> None:
    card = SelectingCard("A000000077010800070000FE00000100", "ADF13401")
    assert probe(processors_for(card)) is CardFamily.ESTEID_2018


def test_the_application_alone_does_not_make_a_card_estonian() -> None:
    assert probe(processors_for(SelectingCard("A000000077010800070000FE00000100"))) is CardFamily.FOREIGN


def test_a_card_that_knows_nothing_of_it_is_foreign_and_asked_for_each_application_once() -> None:
    card = SelectingCard()
    assert probe(processors_for(card)) is CardFamily.FOREIGN
    names = [each for each in card.asked if each[2] == 0x04]
    assert len(names) == len(set(names)) == 9
    assert len(card.asked) == 16, "EF.CardAccess, then the directory of applications, and the usual folder of PKCS#15"
