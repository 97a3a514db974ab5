# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A chip in a real reader of PC/SC: extended lengths, 61xx and long sessions pass through the service unchanged."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from townhall_smartcard.emrtd.security_infos import PaceInfo
from townhall_smartcard.simulation.emrtd_chip import ChipContents, ChipHabits, EmrtdChip
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.stack import virtual_reader_name
from townhall_smartcard.simulation.vpcd import VirtualReader

# The service is named by the environment when pyscard is loaded: so the terminal is a program of its own.
TERMINAL = """
import hashlib, sys
from townhall_smartcard.call_clock import CallClock
from townhall_smartcard.emrtd.lds.files import LdsFile
from townhall_smartcard.emrtd.mrz_key import mrz_password
from townhall_smartcard.emrtd.security_infos import parse_security_infos
from townhall_smartcard.emrtd.session import EmrtdSession, open_emrtd
from townhall_smartcard.pcsc import card_transaction, open_slots
from townhall_smartcard.processors import processors_for
from townhall_smartcard.tlv import value_at

with open_slots() as slots:
    while not any(slot.name == sys.argv[1] and slot.atr for slot in slots.wait(5.0)):
        pass
with card_transaction(sys.argv[1], CallClock(30.0)) as connection:
    card = processors_for(connection, is_extended=True)
    session = open_emrtd(card, mrz_password(b"L898902C<", b"690806", b"940623"))
    assert isinstance(session, EmrtdSession), session
    infos = parse_security_infos(value_at(session.read_file(LdsFile.DG14), 0x6E))
    key = value_at(session.read_file(LdsFile.DG15), 0x6F)
    print(session.protocol.value)
    print(hashlib.sha256(session.read_file(LdsFile.DG2)).hexdigest())
    print(session.challenge_chip(key, infos).value, session.authenticate_chip(infos).value)
    print(hashlib.sha256(session.read_file(LdsFile.SOD)).hexdigest())
"""


@pytest.mark.parametrize("offers", [None, ()], ids=["pace", "bac"])
@pytest.mark.parametrize(
    "habits",
    [ChipHabits(buffer_bytes=4096), ChipHabits(buffer_bytes=None), ChipHabits(buffer_bytes=4096, knows_extended=False)],
    ids=["extended", "short", "extended-by-word-alone"],
)
def test_a_chip_is_opened_read_and_proved_at_a_real_service(
    service: PrivatePcscd,
    slot: int,
    contents: Callable[..., ChipContents],
    habits: ChipHabits,
    offers: tuple[PaceInfo, ...] | None,
) -> None:
    inside = contents(photo_bytes=40_000) if offers is None else contents(offers=offers, photo_bytes=40_000)
    with VirtualReader(None, "127.0.0.1", service.ports[slot]) as reader:
        reader.insert(EmrtdChip(inside, habits))
        said = subprocess.run(
            [sys.executable, "-c", TERMINAL, virtual_reader_name(slot)],
            env=os.environ | service.environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert not said.stderr
    photo, sod = (hashlib.sha256(inside.application[each]).hexdigest() for each in (0x0102, 0x011D))
    protocol = "bac" if offers == () else "pace"
    assert said.stdout.split("\n") == [protocol, photo, "proved proved", sod, ""]
