# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""SecurityInfos: every kind is told apart, and what nobody knows is left aside."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationKey,
    EfDirCopy,
    KeyAgreement,
    OtherInfo,
    PaceInfo,
    PaceMapping,
    SecurityInfo,
    TerminalAuthenticationInfo,
    parse_security_infos,
)
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.tlv import encode

KEY = bytes.fromhex("30060404AABBCCDD")
NUMBERS = st.none() | st.integers(0, 300)
KNOWN = (
    st.builds(PaceInfo, st.sampled_from(PaceMapping), st.sampled_from(Cipher), st.none() | st.integers(0, 31))
    | st.builds(
        ChipAuthenticationInfo, st.sampled_from(KeyAgreement), st.sampled_from(Cipher), st.integers(1, 3), NUMBERS
    )
    | st.builds(ChipAuthenticationKey, st.sampled_from(KeyAgreement), st.just(KEY), NUMBERS)
    | st.builds(ActiveAuthenticationInfo, st.binary(min_size=1, max_size=12))
)


@given(st.lists(KNOWN, max_size=6))
def test_what_a_chip_says_is_read_as_it_stands(
    infos: list[PaceInfo | ChipAuthenticationInfo | ChipAuthenticationKey | ActiveAuthenticationInfo],
) -> None:
    assert parse_security_infos(encode(0x31, b"".join(each.encode() for each in infos))) == tuple(infos)


@pytest.mark.parametrize(
    ("run", "agreement", "pace"),
    [
        ("ecdh", KeyAgreement.ECDH, PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_128, 13)),
        ("dh", KeyAgreement.DH, PaceInfo(PaceMapping.DH_GENERIC, Cipher.AES_128, 0)),
    ],
    ids=["ecdh", "dh"],
)
def test_all_that_the_examples_of_bsi_say_is_told_apart(
    bsi_runs: dict[str, dict[str, str]], run: str, agreement: KeyAgreement, pace: PaceInfo
) -> None:
    said = parse_security_infos(bytes.fromhex(bsi_runs[run]["ef_cardaccess"]))
    assert said[:3] == (TerminalAuthenticationInfo(2), ChipAuthenticationInfo(agreement, Cipher.AES_128, 2, 1), pace)
    assert [each.identifier.hex() for each in said[3:] if isinstance(each, OtherInfo)] == [
        f"04007f0007020203{agreement:02}",  # domain parameters of Chip Authentication 2
        "04007f0007020206",  # where more is told of the card
        "04007f0007020208",  # for privileged terminals
    ]


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ("0606678108010105 020101 060A04007F00070101040103", ActiveAuthenticationInfo),
        ("0606678108010105 020102 060A04007F00070101040103", OtherInfo),  # another version
        ("060667810801010D 0403AABBCC", EfDirCopy),
        ("060804007F0007020202 020101 30070402011C04011C", TerminalAuthenticationInfo),
        ("060A04007F00070202030202 020101 020101 020101", OtherInfo),  # one number too many
        ("060A04007F00070202030302 020101", OtherInfo),  # a third kind of group
        ("060904007F000702020103 3000", OtherInfo),  # likewise
        ("060A04007F00070202040202 020102 0402000D", OtherInfo),  # a number that is none
    ],
)
def test_each_kind_is_known_by_its_identifier_and_its_form(info: str, expected: type[SecurityInfo]) -> None:
    (found,) = parse_security_infos(encode(0x31, encode(0x30, bytes.fromhex(info))))
    assert type(found) is expected


@given(st.binary(max_size=80))
def test_any_bytes_are_information_or_refused(untrusted: bytes) -> None:
    with contextlib.suppress(CardUnreadableError):
        assert isinstance(parse_security_infos(untrusted), tuple)
