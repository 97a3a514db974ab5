# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""EF.CardAccess: read as it stands, and the strongest variant that is served is chosen."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.emrtd.card_access import chosen, is_confirmed, parse_card_access
from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.security_infos import OtherInfo, PaceInfo, PaceMapping, SecurityInfo
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.pace_gate import card_access

ESTONIAN = PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_256, 16)
OFFERS = st.builds(PaceInfo, st.sampled_from(PaceMapping), st.sampled_from(Cipher), st.integers(0, 31))


def test_the_example_of_icao_offers_one_variant(icao: Callable[[str], dict[str, str]]) -> None:
    raw = bytes.fromhex(icao("pace-ecdh-gm-aes128")["card_access"])
    assert parse_card_access(raw) == (PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_128, 13),)


def test_the_example_of_bsi_offers_the_same_among_other_protocols(bsi: dict[str, str]) -> None:
    raw = bytes.fromhex(bsi["ef_cardaccess"])
    assert parse_card_access(raw) == (PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_128, 13),)


@given(st.lists(OFFERS, max_size=6).map(tuple))
def test_what_a_card_offers_is_read_as_it_stands(offers: tuple[PaceInfo, ...]) -> None:
    assert parse_card_access(card_access(offers)) == offers


@given(st.lists(OFFERS, max_size=6))
def test_nothing_is_chosen_but_what_is_served(offers: list[PaceInfo]) -> None:
    choice = chosen(offers)
    served = [each for each in offers if each.is_served]
    if choice is None:
        assert not served
    else:
        assert choice in served
        assert choice.cipher.arc == max(each.cipher.arc for each in served)


@pytest.mark.parametrize("mapping", PaceMapping, ids=lambda mapping: mapping.name)
@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.name)
def test_all_that_the_standard_allows_is_served_and_no_more(mapping: PaceMapping, cipher: Cipher) -> None:
    served = {number for number in range(32) if PaceInfo(mapping, cipher, number).is_served}
    match mapping:
        case PaceMapping.DH_GENERIC | PaceMapping.DH_INTEGRATED:
            assert served == {0, 1, 2}
        case PaceMapping.ECDH_INTEGRATED:
            assert served == set(range(8, 19)) - {10}, "NIST P-224 cannot be used with it (table 12)"
        case PaceMapping.ECDH_CHIP_AUTHENTICATION if cipher is Cipher.TRIPLE_DES:
            assert not served
        case _:
            assert served == set(range(8, 19))
    assert not PaceInfo(mapping, cipher, None).is_served


def test_the_strongest_cipher_is_chosen_then_curves_then_the_longest_then_the_mapping_that_saves_work() -> None:
    weakest_first = [
        PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.TRIPLE_DES, 18),
        PaceInfo(PaceMapping.DH_GENERIC, Cipher.AES_256, 2),
        PaceInfo(PaceMapping.ECDH_CHIP_AUTHENTICATION, Cipher.AES_256, 12),
        PaceInfo(PaceMapping.ECDH_INTEGRATED, Cipher.AES_256, 16),
        ESTONIAN,
        PaceInfo(PaceMapping.ECDH_CHIP_AUTHENTICATION, Cipher.AES_256, 16),
    ]
    for count in range(1, len(weakest_first) + 1):
        assert chosen(weakest_first[:count]) == weakest_first[count - 1]


def test_offers_are_confirmed_by_the_same_ones_signed() -> None:
    other = PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_128, 13)
    signed: list[SecurityInfo] = [OtherInfo(b"\x04"), other, ESTONIAN]
    assert is_confirmed([ESTONIAN, other], signed)
    assert is_confirmed([], [OtherInfo(b"\x04")])
    assert not is_confirmed([ESTONIAN], signed), "an offer was taken out on its way"
    assert not is_confirmed([], signed), "the file was taken away so that Basic Access Control be used"
    assert not is_confirmed([ESTONIAN, other, PaceInfo(PaceMapping.DH_GENERIC, Cipher.TRIPLE_DES, 0)], signed)


@pytest.mark.parametrize(
    "raw",
    ["", "30020500", "3114", "311430120C0A04007F0007020204020202010202010D", "31003100", "3105300301FF01"],
)
def test_what_is_no_set_of_security_information_is_refused(raw: str) -> None:
    with pytest.raises(CardUnreadableError):
        parse_card_access(bytes.fromhex(raw))


@pytest.mark.parametrize(
    "info",
    [
        "060A04007F0007020204020202010102010D",  # version 1
        "060A04007F0007020204050202010202010D",  # a mapping that nobody specified
        "060A04007F0007020204020502010202010D",  # a cipher likewise
        "060904007F00070202040202010202010D",  # no cipher
    ],
)
def test_variants_that_nobody_knows_are_left_out(info: str) -> None:
    raw = bytes.fromhex(info)
    outer = bytes((0x31, len(raw) + 2, 0x30, len(raw))) + raw
    assert parse_card_access(outer) == ()


@given(st.binary(max_size=80))
def test_any_bytes_are_offers_or_refused(untrusted: bytes) -> None:
    with contextlib.suppress(CardUnreadableError):
        assert all(isinstance(each, PaceInfo) for each in parse_card_access(untrusted))
