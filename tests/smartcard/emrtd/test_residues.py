# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Residues: the groups are those that OpenSSL knows, and nothing outside of them is taken."""

import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_smartcard.emrtd.dh_groups import DH_GROUPS
from townhall_smartcard.emrtd.residues import Residue, Residues
from townhall_smartcard.errors import CardUnreadableError

every_group = pytest.mark.parametrize("number", DH_GROUPS)


@every_group
def test_the_numbers_are_those_that_openssl_prints(number: int) -> None:
    option = f"dh_rfc5114:{number + 1}"
    command = ["openssl", "genpkey", "-genparam", "-algorithm", "DHX", "-pkeyopt", option]
    parameters = subprocess.run(command, capture_output=True, check=True).stdout
    printed = subprocess.run(["openssl", "asn1parse"], input=parameters, capture_output=True, check=True).stdout
    numbers = [int(each, 16) for each in re.findall(rb":([0-9A-F]{20,})", printed)]
    group = DH_GROUPS[number]
    assert numbers[:3] == [group.prime, group.generator, group.order]


@every_group
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_both_partners_share_one_secret(number: int, data: st.DataObject) -> None:
    group = DH_GROUPS[number]
    one, other = (data.draw(st.integers(1, group.order - 2)) for _ in range(2))
    ours = group.multiply(one, group.decode(group.encode(group.multiple_of_generator(other))))
    theirs = group.multiply(other, group.decode(group.encode(group.multiple_of_generator(one))))
    assert group.secret(ours) == group.secret(theirs)
    assert len(group.secret(ours)) == group.key_bytes
    assert ours == Residue(pow(group.generator, one * other, group.prime))


def test_the_example_of_bsi_shares_its_secret(bsi_runs: dict[str, dict[str, str]]) -> None:
    facts, group = bsi_runs["dh"], DH_GROUPS[0]
    shared = group.multiply(int(facts["pcd_priv_key"], 16), group.decode(bytes.fromhex(facts["picc_pub_key"])))
    assert group.secret(shared).hex() == facts["shared_secret_k"]
    shared = group.multiply(int(facts["ca_pcd_priv_key"], 16), group.decode(bytes.fromhex(facts["ca_picc_pub_key"])))
    assert group.secret(shared).hex() == facts["ca_shared_secret_k"]


def test_a_short_number_is_sent_short_and_shared_at_full_length() -> None:
    group = DH_GROUPS[0]
    assert group.encode(Residue(258)) == b"\x01\x02"
    assert group.secret(Residue(258)) == bytes(126) + b"\x01\x02"


@every_group
def test_what_is_no_element_of_the_group_is_refused(number: int) -> None:
    group = DH_GROUPS[number]
    length = group.key_bytes
    outside = next(each for each in range(2, 100) if pow(each, group.order, group.prime) != 1)
    for untrusted in (
        b"",
        b"\x00",
        b"\x01",
        outside.to_bytes(length, "big"),
        (group.prime - 1).to_bytes(length, "big"),
        group.prime.to_bytes(length, "big"),
        (group.prime + group.generator).to_bytes(length + 1, "big"),
        bytes(1) + group.generator.to_bytes(length, "big"),
    ):
        with pytest.raises(CardUnreadableError):
            group.decode(untrusted)
    assert group.decode(group.generator.to_bytes(length, "big")) == Residue(group.generator)


@every_group
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_a_number_becomes_an_element_of_the_group(number: int, data: st.DataObject) -> None:
    group = DH_GROUPS[number]
    element = group.element_of(data.draw(st.integers(2, group.prime - 2)))
    assert group.decode(group.encode(element)) == element


def test_numbers_and_products_that_generate_nothing_are_refused() -> None:
    group = DH_GROUPS[0]
    for number in (0, 1, group.prime - 1):
        with pytest.raises(CardUnreadableError):
            group.element_of(number)
    with pytest.raises(CardUnreadableError):
        group.add(Residue(2), Residue(pow(2, -1, group.prime)))


def test_where_nobody_told_the_order_every_residue_is_taken() -> None:
    group = Residues(DH_GROUPS[0].prime, 2, DH_GROUPS[0].prime - 1)
    assert group.decode(b"\x03") == Residue(3)


def test_no_residue_shows() -> None:
    assert repr(Residue(7)) == "Residue()"
