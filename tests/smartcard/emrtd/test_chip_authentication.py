# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Chip Authentication: which key is chosen, byte for byte what is sent, and the shared secrets of BSI's example."""

from dataclasses import replace

import pytest

from townhall_smartcard.apdu import CommandApdu, ResponseApdu
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.chip_authentication import ChipAuthentication, agree, chosen
from townhall_smartcard.emrtd.cipher import Cipher, SessionKeys
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.dh_groups import DH_GROUPS
from townhall_smartcard.emrtd.public_keys import EllipticKey, ResidueKey
from townhall_smartcard.emrtd.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationKey,
    KeyAgreement,
    SecurityInfo,
)
from townhall_smartcard.emrtd.steps import run
from townhall_smartcard.errors import UnexpectedStatusError
from townhall_smartcard.simulation.chip_keys import AgreementKey, Form
from townhall_smartcard.tlv import encode

ECDH, DH = KeyAgreement.ECDH, KeyAgreement.DH


def info(agreement: KeyAgreement, cipher: Cipher, key: int | None = None, version: int = 1) -> ChipAuthenticationInfo:
    return ChipAuthenticationInfo(agreement, cipher, version, key)


def public(agreement: KeyAgreement, key: int | None = None) -> ChipAuthenticationKey:
    group = CURVES[13] if agreement is ECDH else DH_GROUPS[1]
    return AgreementKey(info(agreement, Cipher.AES_128, key), group, 7).public_info()


AES_ECDH, AES_DH = info(ECDH, Cipher.AES_128), info(DH, Cipher.AES_128)


@pytest.mark.parametrize(
    ("infos", "expected"),
    [
        ((), None),
        ((AES_ECDH,), None),
        ((AES_ECDH, public(DH)), None),
        ((info(ECDH, Cipher.AES_128, version=2), public(ECDH)), None),
        ((info(ECDH, Cipher.AES_128, 1), public(ECDH, 2)), None),
        ((public(ECDH),), info(ECDH, Cipher.TRIPLE_DES)),
        ((public(DH, 4),), info(DH, Cipher.TRIPLE_DES, 4)),
        ((AES_ECDH, public(ECDH)), AES_ECDH),
        ((AES_DH, public(DH), AES_ECDH, public(ECDH)), AES_ECDH),
        ((info(DH, Cipher.AES_256), public(DH), AES_ECDH, public(ECDH)), info(DH, Cipher.AES_256)),
        ((info(ECDH, Cipher.TRIPLE_DES), AES_ECDH, public(ECDH)), AES_ECDH),
        (
            (info(ECDH, Cipher.AES_128, 1), public(ECDH, 1), info(ECDH, Cipher.AES_192, 2), public(ECDH, 2)),
            info(ECDH, Cipher.AES_192, 2),
        ),
    ],
)
def test_the_strongest_way_that_the_chip_has_a_key_for_is_chosen(
    infos: tuple[SecurityInfo, ...], expected: ChipAuthenticationInfo | None
) -> None:
    choice = chosen(infos)
    assert (choice.info if choice is not None else None) == expected


def test_a_key_that_nobody_can_read_or_of_another_kind_is_passed_over() -> None:
    bent = replace(public(ECDH), untrusted_public_key=b"\x30\x00")
    swapped = replace(public(DH), agreement=ECDH)
    assert chosen((AES_ECDH, bent)) is None
    assert chosen((AES_ECDH, swapped)) is None
    assert chosen((AES_ECDH, bent, swapped, public(ECDH))) is not None


@pytest.mark.parametrize("group", ["ecdh", "dh"])
def test_the_secret_is_that_of_the_example(bsi_runs: dict[str, dict[str, str]], group: str) -> None:
    facts = bsi_runs[group]
    public_key = bytes.fromhex(facts["ca_picc_pub_key"])
    key: EllipticKey | ResidueKey
    if group == "ecdh":
        key, kind, order = EllipticKey(CURVES[13], CURVES[13].decode(public_key)), ECDH, CURVES[13].order
    else:
        key, kind, order = ResidueKey(DH_GROUPS[0], DH_GROUPS[0].decode(public_key)), DH, DH_GROUPS[0].order
    sent: list[CommandApdu] = []

    class Willing:
        def exchange(self, command: CommandApdu) -> ResponseApdu:
            sent.append(command)
            return ResponseApdu(b"\x7c\x00" if command.ins == 0x86 else b"", 0x9000)

    private = int(facts["ca_pcd_priv_key"], 16) % order
    choice = ChipAuthentication(info(kind, Cipher.AES_128, 1), key)
    keys = run(agree(choice, lambda count: (private - 1).to_bytes(count, "big")), Willing())
    assert keys == SessionKeys.derive(Cipher.AES_128, bytes.fromhex(facts["ca_shared_secret_k"]))
    own = bytes.fromhex(facts["ca_pcd_pub_key"])
    identifier = bytes.fromhex(f"04007F0007020203{kind:02X}02")
    assert [bytes(each.data) for each in sent] == [
        encode(0x80, identifier) + b"\x84\x01\x01",
        encode(0x7C, encode(0x80, own.lstrip(b"\0"))),
    ]
    assert [each.name for each in sent] == ["002241A4", "00860000"]


def own_key(cipher: Cipher) -> ChipAuthentication:
    found = chosen((info(ECDH, cipher), public(ECDH)))
    assert found is not None
    return found


def test_3des_takes_one_command_and_the_other_way_where_that_is_refused(randomness: Randomness) -> None:
    class Chip:
        def __init__(self, refused: set[str]) -> None:
            self.refused = refused
            self.names: list[str] = []

        def exchange(self, command: CommandApdu) -> ResponseApdu:
            self.names.append(command.name)
            return ResponseApdu(b"", 0x6A81 if command.name in self.refused else 0x9000)

    chip = Chip(set())
    run(agree(own_key(Cipher.TRIPLE_DES), randomness), chip)
    assert chip.names == ["002241A6"]
    chip = Chip({"002241A6"})
    run(agree(own_key(Cipher.TRIPLE_DES), randomness), chip)
    assert chip.names == ["002241A6", "002241A4", "00860000"]
    for cipher, refused in (
        (Cipher.TRIPLE_DES, {"002241A6", "002241A4"}),
        (Cipher.AES_128, {"002241A4"}),
        (Cipher.AES_128, {"00860000"}),
    ):
        with pytest.raises(UnexpectedStatusError):
            run(agree(own_key(cipher), randomness), Chip(refused))


def test_every_form_of_key_leads_to_the_same_session(randomness: Randomness) -> None:
    key = AgreementKey(AES_ECDH, CURVES[14], 0xC0FFEE)
    for form in (Form.EXPLICIT, Form.COMPRESSED_GENERATOR, Form.STANDARDISED):
        choice = chosen((AES_ECDH, key.public_info(form, 14)))
        assert choice is not None
        heard: list[bytes] = []

        class Chip:
            def exchange(self, command: CommandApdu) -> ResponseApdu:
                heard.append(bytes(command.data))  # noqa: B023 - used within the turn
                return ResponseApdu(b"", 0x9000)

        keys = run(agree(choice, randomness), Chip())
        assert keys == key.agree(heard[1][-CURVES[14].key_bytes :])
