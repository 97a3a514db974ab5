# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole runs of PACE as ICAO and BSI worked them out: each mapping, over curves and residues, byte for byte."""

import hashlib
import subprocess
from collections.abc import Callable, Iterator

import pytest

from townhall_smartcard.apdu import CommandApdu, ResponseApdu
from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.dh_groups import DH_GROUPS
from townhall_smartcard.emrtd.pace import PacePassword, PaceSession, PasswordReference, establish
from townhall_smartcard.emrtd.pace_mapping import integrated, integrated_nonce_bytes, pseudo_random
from townhall_smartcard.emrtd.security_infos import PaceInfo, PaceMapping
from townhall_smartcard.emrtd.steps import run
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.tlv import encode

Example = Callable[[str], dict[str, str]]
Exchanges = list[tuple[str, str]]

# ICAO 9303-11 appendix H.2, as far as the shared vectors leave it out.
DH_INTEGRATED = {
    "pcd_private": "4BD0E54740F9A028E6A515BFDAF967848C4F5F5FFF65AA0915947FFD1A0DF2FA6981271BC905F3551457B7E03AC3B806"
    "6DE4AA406C1171FB43DD939C4BA16175103BA3DEE16419AA248118F90CC36A3D6F4C373652E0C3CCE7F0F1D0C5425B3600F0F0D6A67F004C"
    "8BBA33F2B4733C7252445C1DFC4F1107203F71D2EFB28161",
    "pcd_public": "0F0CC62945A8029251FB7EF3C094E12EC68E4EF07F27CB9D9CD04C5C4250FAE0E4F8A951557E929AEB48E5C6DD47F2F5"
    "CD7C351A9BD2CD722C07EDE166770F08FFCB370262CF308DD7B07F2E0DA9CAAA1492344C852906919538C98A4BA4187E76CE9D87832386D3"
    "19CE2E043C3343AEAE6EDBA1A9894DC5094D22F7FE1351D5",
    "picc_public": "928D9A0F9DBA450F13FC859C6F290D1D36E42431138A4378500BEB4E0401854CFF111F71CB6DC1D0335807A11388CC8E"
    "AA87B07907AAD9FBA6B169AF6D8C26AF8DDDC39ADC3AD2E3FF882B84D23E9768E95A80E4746FB07A9767679FE92133B4D379935C771BD7FB"
    "ED6C7BB4B1708B275EA75679524CDC9C6A91370CC662A2F3",
    "ks_enc": "01AFC10CF87BE36D8179E87370171F07",
    "ks_mac": "23F0FBD05FD6C7B8B88F4C8309669061",
    "token_picc": "C2F04230187E1525",
    "token_pcd": "55D61977CBF5307E",
    "nonce_encrypted": "9ABB8864CA0FF1551E620D1EF4E13510",
}
# Appendix I: the chip's public key in EF.CardSecurity.
CHIP_KEY = (
    "041872709494399E7470A6431BE25E83EEE24FEA568C2ED28DB48E05DB3A610DC884D256A40E35EFCB59BF6753D3A489D28C7A4D973C2DA1"
    "38A6E7A4A08F68E16F"
)


class Script:
    """A card that answers what was written down, if it is asked what was written down."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = iter(exchanges)

    def exchange(self, command: CommandApdu) -> ResponseApdu:
        expected, answer = next(self._exchanges)
        assert command.encode(is_extended=True).hex() == expected.lower()
        return ResponseApdu.parse(bytes.fromhex(answer))

    @property
    def is_over(self) -> bool:
        return next(self._exchanges, None) is None


def drawing(order: int, *drawn: int | bytes) -> Callable[[int], bytes]:
    """Randomness from which the terminal draws these: secret numbers modulo the order, and nonces as they are."""
    waiting: Iterator[int | bytes] = iter(drawn)

    def draw(count: int) -> bytes:
        match next(waiting):
            case bytes() as nonce:
                assert len(nonce) == count
                return nonce
            case number:
                return (number % order - 1).to_bytes(count, "big")

    return draw


def authenticate(tag: int, value: str, *, is_last: bool = False) -> str:
    body = encode(0x7C, encode(tag, bytes.fromhex(value)))
    return (bytes((0x00 if is_last else 0x10, 0x86, 0, 0, len(body))) + body + b"\0").hex()


def given(tag: int, value: str, more: str = "") -> str:
    return encode(0x7C, encode(tag, bytes.fromhex(value)) + bytes.fromhex(more)).hex() + "9000"


def choose(offer: PaceInfo, reference: PasswordReference) -> str:
    data = encode(0x80, offer.identifier) + encode(0x83, bytes((reference,)))
    return (bytes((0x00, 0x22, 0xC1, 0xA4, len(data))) + data).hex()


def keys_after(
    offer: PaceInfo, password: PacePassword, draw: Callable[[int], bytes], exchanges: Exchanges
) -> PaceSession:
    script = Script(exchanges)
    session = run(establish(offer, password, draw), script)
    assert script.is_over
    assert isinstance(session, PaceSession)
    return session


def pin() -> PacePassword:
    return PacePassword(PasswordReference.PIN, b"123456")


def generic_run(offer: PaceInfo, facts: dict[str, str], reference: str) -> Exchanges:
    return [
        (choose(offer, PasswordReference.PIN), "9000"),
        ("10860000027c0000", given(0x80, facts["nonce_enc"])),
        (authenticate(0x81, facts["map_pcd_pub_key"]), given(0x82, facts["map_picc_pub_key"])),
        (authenticate(0x83, facts["pcd_pub_key"].removeprefix("00")), given(0x84, facts["picc_pub_key"])),
        (
            authenticate(0x85, facts["authentication_token_pcd"], is_last=True),
            given(0x86, facts["authentication_token_picc"], reference),
        ),
    ]


@pytest.mark.parametrize("group", ["ecdh", "dh"])
def test_generic_mapping_as_bsi_and_icao_have_it(bsi_runs: dict[str, dict[str, str]], group: str) -> None:
    facts = bsi_runs[group]
    offer, order = {
        "ecdh": (PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_128, 13), CURVES[13].order),
        "dh": (PaceInfo(PaceMapping.DH_GENERIC, Cipher.AES_128, 0), DH_GROUPS[0].order),
    }[group]
    drawn = drawing(order, int(facts["map_pcd_priv_key"], 16), int(facts["pcd_priv_key"], 16))
    # The chip also names whom it trusts for Terminal Authentication (DO 87), which this terminal need not know.
    session = keys_after(offer, pin(), drawn, generic_run(offer, facts, "870f444554455354435643413030303033"))
    assert (session.keys.encryption.hex(), session.keys.checksum.hex()) == (facts["k_enc"], facts["k_mac"])
    assert session.proof is None


def test_integrated_mapping_over_a_curve(icao: Example, icao_exchanges: Callable[[str], Exchanges]) -> None:
    facts, offer = icao("pace-ecdh-im-aes128"), PaceInfo(PaceMapping.ECDH_INTEGRATED, Cipher.AES_128, 13)
    drawn = drawing(CURVES[13].order, bytes.fromhex(facts["nonce_t"]), int(facts["pcd_private"], 16))
    # The example's password key is that of the PIN, though its command names the MRZ.
    password = PacePassword(PasswordReference.MRZ, b"123456")
    session = keys_after(offer, password, drawn, icao_exchanges("pace-ecdh-im-aes128"))
    assert (session.keys.encryption, session.keys.checksum) == (
        bytes.fromhex(facts["ks_enc"]),
        bytes.fromhex(facts["ks_mac"]),
    )


@pytest.mark.parametrize("nothing", ["", "7C00", "7C028200"])
def test_integrated_mapping_over_residues(icao: Example, nothing: str) -> None:
    facts = icao("pace-dh-im-aes128") | DH_INTEGRATED
    offer = PaceInfo(PaceMapping.DH_INTEGRATED, Cipher.AES_128, 0)
    drawn = drawing(DH_GROUPS[0].order, bytes.fromhex(facts["nonce_t"]), int(facts["pcd_private"], 16))
    exchanges = [
        (choose(offer, PasswordReference.PIN), "9000"),
        ("10860000027c0000", given(0x80, facts["nonce_encrypted"])),
        (authenticate(0x81, facts["nonce_t"]), nothing + "9000"),
        (authenticate(0x83, facts["pcd_public"]), given(0x84, facts["picc_public"])),
        (authenticate(0x85, facts["token_pcd"], is_last=True), given(0x86, facts["token_picc"])),
    ]
    session = keys_after(offer, pin(), drawn, exchanges)
    assert (session.keys.encryption, session.keys.checksum) == (
        bytes.fromhex(facts["ks_enc"]),
        bytes.fromhex(facts["ks_mac"]),
    )


def test_both_nonces_become_the_numbers_and_the_generators_of_the_examples(icao: Example) -> None:
    curve, facts = CURVES[13], icao("pace-ecdh-im-aes128")
    nonces = bytes.fromhex(facts["nonce_s"]), bytes.fromhex(facts["nonce_t"])
    assert pseudo_random(Cipher.AES_128, *nonces, curve.prime) == bytes.fromhex(facts["prf"])
    generator = integrated(curve, Cipher.AES_128, *nonces)
    assert curve.encode(generator) == bytes.fromhex(facts["mapped_generator"])
    group, facts = DH_GROUPS[0], icao("pace-dh-im-aes128")
    nonces = bytes.fromhex(facts["nonce_s"]), bytes.fromhex(facts["nonce_t"])
    number = int.from_bytes(pseudo_random(Cipher.AES_128, *nonces, group.prime), "big")
    assert number % group.prime == int(facts["prf_mod_p"], 16)
    assert group.encode(integrated(group, Cipher.AES_128, *nonces)) == bytes.fromhex(facts["mapped_generator"])


PROGRAMS = {
    Cipher.TRIPLE_DES: "-des-ede-cbc",
    Cipher.AES_128: "-aes-128-cbc",
    Cipher.AES_192: "-aes-192-cbc",
    Cipher.AES_256: "-aes-256-cbc",
}
CONSTANTS = {
    16: ("a668892a7c41e3ca739f40b057d85904", "a4e136ac725f738b01c1f60217c188ad"),
    32: (
        "d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676",
        "54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517",
    ),
}


@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.name)
@pytest.mark.parametrize("bits", [192, 256, 521, 1024, 2048])
def test_the_numbers_of_both_nonces_are_those_that_the_openssl_program_makes(cipher: Cipher, bits: int) -> None:
    """No example is known but for AES-128: figure 2 of §4.4.3.3.2 by hand, enciphered by another program."""

    def encipher(key: bytes, block: bytes) -> bytes:
        start = "0" * 2 * cipher.block_bytes
        command = ["openssl", "enc", PROGRAMS[cipher], "-K", key.hex(), "-iv", start, "-nopad"]
        return subprocess.run(command, input=block, capture_output=True, check=True).stdout

    length = {Cipher.TRIPLE_DES: 16, Cipher.AES_128: 16, Cipher.AES_192: 32, Cipher.AES_256: 32}[cipher]
    nonce, other = bytes(range(1, length + 1)), bytes(range(100, 100 + cipher.key_bytes))
    first, second = (bytes.fromhex(each) for each in CONSTANTS[length])
    turns = -(-(bits + 64) // (8 * length))
    key, numbers = encipher(other, nonce), b""
    for _ in range(turns):
        key = key[: cipher.key_bytes]
        numbers += encipher(key, second)
        key = encipher(key, first)
    assert pseudo_random(cipher, nonce, other, 1 << (bits - 1)) == numbers


@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.name)
def test_nonces_of_another_length_are_refused(cipher: Cipher) -> None:
    whole = integrated_nonce_bytes(cipher), cipher.key_bytes
    integrated(CURVES[13], cipher, bytes(whole[0]), bytes(whole[1]))
    for lengths in ((whole[0] - 8, whole[1]), (whole[0] * 2, whole[1]), (whole[0], whole[1] - 1)):
        with pytest.raises(CardUnreadableError):
            integrated(CURVES[13], cipher, *map(bytes, lengths))


def chip_authentication_run(icao: Example, exchanges: Exchanges) -> tuple[PaceSession, dict[str, str]]:
    facts = icao("pace-ecdh-cam-aes128")
    secret = hashlib.sha1(facts["mrz_information"].encode()).digest()  # noqa: S324  # as the standard has it
    drawn = drawing(CURVES[13].order, int(facts["map_pcd_private"], 16), int(facts["pcd_private"], 16))
    offer = PaceInfo(PaceMapping.ECDH_CHIP_AUTHENTICATION, Cipher.AES_128, 13)
    return keys_after(offer, PacePassword(PasswordReference.MRZ, secret), drawn, exchanges), facts


def test_chip_authentication_mapping_proves_the_chip(icao: Example, icao_exchanges: Callable[[str], Exchanges]) -> None:
    session, facts = chip_authentication_run(icao, icao_exchanges("pace-ecdh-cam-aes128"))
    assert (session.keys.encryption, session.keys.checksum) == (
        bytes.fromhex(facts["ks_enc"]),
        bytes.fromhex(facts["ks_mac"]),
    )
    assert session.proof is not None
    assert session.proof.data == int(facts["chip_authentication_data"], 16)
    public_key = CURVES[13].decode(bytes.fromhex(CHIP_KEY))
    assert session.proof.proves(public_key)
    assert not session.proof.proves(CURVES[13].multiply(2, public_key))


def test_no_part_of_the_proof_shows(icao: Example, icao_exchanges: Callable[[str], Exchanges]) -> None:
    session, facts = chip_authentication_run(icao, icao_exchanges("pace-ecdh-cam-aes128"))
    assert session.proof is not None
    assert str(session.proof.data) not in repr(session)
    assert facts["ks_enc"].lower() not in repr(session).lower()
