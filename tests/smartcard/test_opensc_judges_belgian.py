# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""OpenSC, which knows Belgian cards of applet 1.1, reads the simulated one: over a real pcscd, by its own tools."""

from pathlib import Path
from typing import Final

from tests.smartcard.opensc_tools import OpenScTools

from townhall_smartcard.simulation.belgian_card import BelgianCertificates, BelgianContents, BelgianSimulation
from townhall_smartcard.simulation.belgian_person import BelgianFiles, BelgianPerson
from townhall_smartcard.simulation.every_family import BELGIAN
from townhall_smartcard.simulation.national_keys import KeyKind, NationalAuthority
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.vpcd import VirtualReader

PERSON: Final = BelgianPerson()


def test_identity_and_address_are_read_as_they_were_written(tmp_path: Path) -> None:
    authority = NationalAuthority("BE")
    register = authority.issue_register("BE", "RRN", KeyKind.RSA_2048)
    contents = BelgianContents(
        authority.issue_card_keys(BELGIAN, KeyKind.RSA_2048, KeyKind.RSA_2048),
        BelgianCertificates(authority.anchor_der, authority.anchor_der, register.certificate),
        BelgianFiles.signed(PERSON, register),
    )
    card = BelgianSimulation(contents, version=0x11)
    with PrivatePcscd() as service, VirtualReader(card, "127.0.0.1", service.ports[0]):
        bench = OpenScTools(service, tmp_path)
        bench.wait_for_card()
        assert bench.said("opensc-tool", "--name").startswith("Belpic cards\n")
        told = bench.run("eidenv").stdout  # it ends with 1 after every Belgian card, read or not
        lines = (line.partition(": ") for line in told.splitlines())
        said = {name: value for name, _, value in lines}
    assert said["BELPIC_NAME"] == PERSON.surname
    assert said["BELPIC_FIRSTNAMES"] == PERSON.given_names
    assert said["BELPIC_NATIONALNUMBER"] == PERSON.national_number
    assert said["BELPIC_CARDNUMBER"] == PERSON.card_number
    assert said["BELPIC_BIRTHDATE"] == PERSON.birth_date
    # Version 0.23 shows no street of any card, whatever lies in the file.
    assert (said["BELPIC_ZIPCODE"], said["BELPIC_MUNICIPALITY"]) == PERSON.address[1:]
