# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""docs/cards.md tells for every family in how many commands it is read and used: no more may become of them unseen."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from townhall_smartcard.connection import CardConnection, RawCommand
from townhall_smartcard.emrtd.document import read_document
from townhall_smartcard.emrtd.lds.mrz import parse_mrz
from townhall_smartcard.emrtd.pace import PacePassword, PasswordReference
from townhall_smartcard.emrtd.session import EmrtdSession, open_emrtd
from townhall_smartcard.messages import PinRole
from townhall_smartcard.national.contract import NationalCard
from townhall_smartcard.national.paced import paced_family
from townhall_smartcard.national.registry import national_family
from townhall_smartcard.opening import PaceChannel, open_card
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation import lds_files, states
from townhall_smartcard.simulation.documents import ACCESS_NUMBER, DocumentWish, document
from townhall_smartcard.simulation.emrtd_chip import EmrtdChip
from townhall_smartcard.simulation.every_family import EVERY_FAMILY, READ_AT_DESKS, NationalSample
from townhall_smartcard.simulation.state_keys import CurveStateKey

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cards.md"
_ROW = re.compile(r"^\| (?P<name>[^|]+?) \| (?P<read>\d+) \| (?P<prove>\d+|-) \| (?P<sign>\d+|-) \|", re.MULTILINE)
PICTURE = bytes.fromhex("FFD8FFE0") + bytes(18_000)  # as long as photographs in documents are
NATIONAL = {**EVERY_FAMILY, **READ_AT_DESKS}


class Counted:
    """A card, and how many commands it was sent."""

    def __init__(self, card: CardConnection) -> None:
        self.card, self.commands = card, 0

    def transmit(self, command: RawCommand) -> bytes:
        self.commands += 1
        return self.card.transmit(command)


def told() -> dict[str, tuple[str, str, str]]:
    """Return the page's table."""
    rows = _ROW.finditer(PAGE.read_text())
    return {row["name"]: (row["read"], row["prove"], row["sign"]) for row in rows}


def driver_over(sample: NationalSample, card: CardConnection) -> NationalCard:
    """Return the driver of a card that was reset, and opened where it must be."""
    sample.card.reset()
    closed, family = paced_family(sample.family), national_family(sample.family)
    if closed is not None:
        channel = open_card(processors_for(card), sample.access_number)
        assert isinstance(channel, PaceChannel)
        return closed.driver(channel)
    assert family is not None
    return family.driver(processors_for(card))


def counts_of(sample: NationalSample) -> Iterator[str]:
    """Read, prove and sign, each by itself as a visit does it."""
    counted = Counted(sample.card)
    algorithms = driver_over(sample, counted).read().algorithms
    yield str(counted.commands)
    for role, pin in ((PinRole.AUTHENTICATION, sample.pin1), (PinRole.SIGNATURE, sample.pin2)):
        if role not in algorithms:
            yield "-"
            continue
        counted = Counted(sample.card)
        driver = driver_over(sample, counted)
        use = driver.authenticate if role is PinRole.AUTHENTICATION else driver.sign
        made = use(bytearray(pin), bytes(algorithms[role].digest.size_bytes), last_try_confirmed=False)
        assert isinstance(made, bytes)
        yield str(counted.commands)


@pytest.mark.parametrize("name", NATIONAL)
def test_a_national_card_is_read_and_used_in_as_many_commands_as_the_page_tells(name: str) -> None:
    assert told()[name] == tuple(counts_of(NATIONAL[name]()))


@pytest.mark.parametrize("name", ["eMRTD by PACE", "eMRTD by BAC"])
def test_a_document_is_opened_and_read_in_as_many_commands_as_the_page_tells(name: str) -> None:
    signer = states.document_signer(states.authority(CurveStateKey("secp256r1")))
    passwords: dict[str, Callable[[], PacePassword]] = {
        "eMRTD by PACE": lambda: PacePassword(PasswordReference.CAN, bytearray(ACCESS_NUMBER)),
        "eMRTD by BAC": parse_mrz(lds_files.td1(lds_files.Holder())).password,
    }
    wish = DocumentWish(signer, picture=PICTURE)
    if name == "eMRTD by BAC":
        wish = replace(wish, offers=())
    counted = Counted(EmrtdChip(document(wish)))
    session = open_emrtd(processors_for(counted, is_extended=True), passwords[name]())
    assert isinstance(session, EmrtdSession)
    read_document(session)
    assert told()[name] == (str(counted.commands), "-", "-")


def test_the_page_tells_of_every_family_and_of_no_other() -> None:
    assert told().keys() == {*NATIONAL, "eMRTD by PACE", "eMRTD by BAC"}
