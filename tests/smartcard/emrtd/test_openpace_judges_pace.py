# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""OpenPACE, which others wrote, speaks PACE and secure messaging with our terminal and with our simulated card."""

import ctypes
import itertools
import os
from collections.abc import Callable
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_ulong, c_void_p
from typing import Any

import pytest

from townhall_smartcard.apdu import CommandApdu, ResponseApdu
from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.dh_groups import DH_GROUPS
from townhall_smartcard.emrtd.pace import PacePassword, PaceRefused, PaceSession, PasswordReference, establish
from townhall_smartcard.emrtd.secure_messaging import SecureMessaging, SecureSession
from townhall_smartcard.emrtd.security_infos import PaceInfo, PaceMapping
from townhall_smartcard.emrtd.steps import run
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.contactless_card import ContactlessCard, card_access
from townhall_smartcard.simulation.emrtd_chip import ChipContents, EmrtdChip
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.tlv import encode, parse_all, value_at

CAN = b"271828"
WRONG_CAN = b"271829"
# Debian's OpenPACE is built without integrated mapping and knows none of chip authentication.
OFFERS = tuple(
    offer
    for mapping in (PaceMapping.ECDH_GENERIC, PaceMapping.DH_GENERIC)
    for cipher, parameters in itertools.product(Cipher, (*DH_GROUPS, *CURVES))
    if (offer := PaceInfo(mapping, cipher, parameters)).is_served
)
_PACE_CAN = 2
_ENCRYPT_WITH_PACE = 0


def names(offer: PaceInfo) -> str:
    return f"{offer.cipher.name}-{offer.parameters}"


def is_usual(offer: PaceInfo) -> bool:
    """Every cipher and every group, but not each with each."""
    return offer.cipher is Cipher.AES_256 or offer.parameters in {0, 13}


def among(offers: tuple[PaceInfo, ...]) -> pytest.MarkDecorator:
    marked = ((each, () if is_usual(each) else pytest.mark.long) for each in offers)
    return pytest.mark.parametrize("offer", [pytest.param(each, id=names(each), marks=marks) for each, marks in marked])


every_offer = among(OFFERS)
# The simulated Estonian card knows no extended lengths, as public keys of 2048 bits need them.
every_short_offer = among(tuple(each for each in OFFERS if each.parameters not in {1, 2}))


class _Buffer(ctypes.Structure):
    _fields_ = (("length", c_size_t), ("data", POINTER(ctypes.c_ubyte)), ("max", c_size_t), ("flags", c_ulong))


def _library() -> dict[str, Callable[..., Any]]:
    library = ctypes.CDLL("libeac.so.3")
    buffer = POINTER(_Buffer)
    functions: dict[str, Callable[..., Any]] = {}
    for name, result, *arguments in (
        ("EAC_init", None),
        ("EAC_CTX_new", c_void_p),
        ("EAC_CTX_clear_free", None, c_void_p),
        ("EAC_CTX_init_ef_cardaccess", c_int, c_char_p, c_size_t, c_void_p),
        ("EAC_CTX_set_encryption_ctx", c_int, c_void_p, c_int),
        ("BUF_MEM_create_init", buffer, c_char_p, c_size_t),
        ("BUF_MEM_clear_free", None, buffer),
        ("PACE_SEC_new", c_void_p, c_char_p, c_size_t, c_int),
        ("PACE_SEC_clear_free", None, c_void_p),
        ("PACE_STEP1_enc_nonce", buffer, c_void_p, c_void_p),
        ("PACE_STEP2_dec_nonce", c_int, c_void_p, c_void_p, buffer),
        ("PACE_STEP3A_generate_mapping_data", buffer, c_void_p),
        ("PACE_STEP3A_map_generator", c_int, c_void_p, buffer),
        ("PACE_STEP3B_generate_ephemeral_key", buffer, c_void_p),
        ("PACE_STEP3B_compute_shared_secret", c_int, c_void_p, buffer),
        ("PACE_STEP3C_derive_keys", c_int, c_void_p),
        ("PACE_STEP3D_compute_authentication_token", buffer, c_void_p, buffer),
        ("PACE_STEP3D_verify_authentication_token", c_int, c_void_p, buffer),
        ("EAC_increment_ssc", c_int, c_void_p),
        ("EAC_add_iso_pad", buffer, c_void_p, buffer),
        ("EAC_remove_iso_pad", buffer, buffer),
        ("EAC_encrypt", buffer, c_void_p, buffer),
        ("EAC_decrypt", buffer, c_void_p, buffer),
        ("EAC_authenticate", buffer, c_void_p, buffer),
    ):
        functions[name] = ctypes.CFUNCTYPE(result, *arguments)((name, library))
    functions["EAC_init"]()
    return functions


EAC = _library()


class OpenPace:
    """One side of one run by OpenPACE, and the session that it leads to. Bytes in, bytes out."""

    def __init__(self, offer: PaceInfo, can: bytes) -> None:
        self._context = EAC["EAC_CTX_new"]()
        access = card_access((offer,))
        assert EAC["EAC_CTX_init_ef_cardaccess"](access, len(access), self._context)
        self._secret = EAC["PACE_SEC_new"](can, len(can), _PACE_CAN)

    def __del__(self) -> None:
        EAC["PACE_SEC_clear_free"](self._secret)
        EAC["EAC_CTX_clear_free"](self._context)

    def encrypted_nonce(self) -> bytes:
        return _taken(EAC["PACE_STEP1_enc_nonce"](self._context, self._secret))

    def take_nonce(self, encrypted: bytes) -> None:
        assert EAC["PACE_STEP2_dec_nonce"](self._context, self._secret, _given(encrypted))

    def mapping_data(self) -> bytes:
        return _taken(EAC["PACE_STEP3A_generate_mapping_data"](self._context))

    def map(self, theirs: bytes) -> None:
        assert EAC["PACE_STEP3A_map_generator"](self._context, _given(theirs))

    def public_key(self) -> bytes:
        return _taken(EAC["PACE_STEP3B_generate_ephemeral_key"](self._context))

    def agree(self, theirs: bytes) -> bytes:
        """Agree with the other side's public key; return the token over it."""
        self._theirs = _given(theirs)
        assert EAC["PACE_STEP3B_compute_shared_secret"](self._context, self._theirs)
        assert EAC["PACE_STEP3C_derive_keys"](self._context)
        return _taken(EAC["PACE_STEP3D_compute_authentication_token"](self._context, self._theirs))

    def believes(self, token: bytes) -> bool:
        verdict: int = EAC["PACE_STEP3D_verify_authentication_token"](self._context, _given(token))
        return verdict == 1

    def begin_session(self) -> None:
        assert EAC["EAC_CTX_set_encryption_ctx"](self._context, _ENCRYPT_WITH_PACE)

    def count(self) -> None:
        assert EAC["EAC_increment_ssc"](self._context)

    def encrypt(self, plain: bytes) -> bytes:
        return _taken(EAC["EAC_encrypt"](self._context, _given(self.padded(plain))))

    def decrypt(self, cryptogram: bytes) -> bytes:
        padded = _taken(EAC["EAC_decrypt"](self._context, _given(cryptogram)))
        return _taken(EAC["EAC_remove_iso_pad"](_given(padded)))

    def padded(self, plain: bytes) -> bytes:
        return _taken(EAC["EAC_add_iso_pad"](self._context, _given(plain)))

    def checksum(self, blocks: bytes) -> bytes:
        return _taken(EAC["EAC_authenticate"](self._context, _given(blocks)))[:8]


def _given(content: bytes) -> "ctypes._Pointer[_Buffer]":
    buffer: ctypes._Pointer[_Buffer] = EAC["BUF_MEM_create_init"](content, len(content))
    return buffer


def _taken(buffer: "ctypes._Pointer[_Buffer]") -> bytes:
    assert buffer, "OpenPACE gave nothing"
    content = bytes(buffer.contents.data[: buffer.contents.length])
    EAC["BUF_MEM_clear_free"](buffer)
    return content


class OpenPaceChip:
    """A card whose PACE and whose secure messaging are OpenPACE's; it repeats what it is told."""

    def __init__(self, offer: PaceInfo, can: bytes = CAN) -> None:
        self._side = OpenPace(offer, can)
        self._is_open = False
        self.heard: list[tuple[bytes, bytes]] = []

    def exchange(self, command: CommandApdu) -> ResponseApdu:
        if self._is_open:
            return self._repeat(command)
        if command.ins == 0x22:
            return ResponseApdu(b"", 0x9000)
        return self._step(*((each.tag, each.value) for each in parse_all(value_at(bytes(command.data), 0x7C))))

    def _step(self, asked: tuple[int, bytes] | None = None) -> ResponseApdu:
        match asked:
            case None:
                return _dynamic(0x80, self._side.encrypted_nonce())
            case (0x81, theirs):
                own = self._side.mapping_data()
                self._side.map(theirs)
                return _dynamic(0x82, own)
            case (0x83, theirs):
                own = self._side.public_key()
                self._token = self._side.agree(theirs)
                return _dynamic(0x84, own)
            case (0x85, theirs) if self._side.believes(theirs):
                self._is_open = True
                self._side.begin_session()
                return _dynamic(0x86, self._token)
            case _:
                return ResponseApdu(b"", 0x6300)

    def _repeat(self, command: CommandApdu) -> ResponseApdu:
        self._side.count()
        data = bytes(command.data)
        objects, checksum = data[:-10], data[-8:]
        header = self._side.padded(bytes((command.cla, command.ins, command.p1, command.p2)))
        assert checksum == self._side.checksum(header + self._side.padded(objects))
        plain = b"".join(
            self._side.decrypt(each.value[each.tag == 0x87 :])
            for each in parse_all(objects)
            if each.tag in (0x85, 0x87)
        )
        self.heard.append((header[:4], plain))
        self._side.count()
        answer = encode(0x87, b"\x01" + self._side.encrypt(plain)) if plain else b""
        answer += encode(0x99, b"\x90\x00")
        return ResponseApdu(answer + encode(0x8E, self._side.checksum(self._side.padded(answer))), 0x9000)


def _dynamic(tag: int, value: bytes) -> ResponseApdu:
    return ResponseApdu(encode(0x7C, encode(tag, value)), 0x9000)


def password(can: bytes) -> PacePassword:
    return PacePassword(PasswordReference.CAN, can)


def attempts(offer: PaceInfo) -> range:
    """OpenPACE leaves leading zeros of a secret residue away (PKCS #3 keeps them): one run in 128 cannot end well."""
    return range(1 if offer.mapping.is_elliptic else 4)


@every_offer
def test_our_terminal_opens_openpaces_chip_and_each_understands_the_other(offer: PaceInfo) -> None:
    for _ in attempts(offer):
        chip = OpenPaceChip(offer)
        session = run(establish(offer, password(CAN), os.urandom), chip)
        if isinstance(session, PaceSession):
            break
    assert isinstance(session, PaceSession)
    card = SecureMessaging(chip, SecureSession(session.keys))
    for command in (
        CommandApdu(0x00, 0xA4, 0x04, 0x0C, bytes(range(16))),
        CommandApdu(0x00, 0xB0, 0x01, 0x02, le=192),
        CommandApdu(0x00, 0xCB, 0x3F, 0xFF, bytes(10), le=256),
        CommandApdu(0x00, 0x2A, 0x9E, 0x9A, bytes(48), le=256),
    ):
        assert card.exchange(command) == ResponseApdu(bytes(command.data), 0x9000)
        header = bytes((0x0C, command.ins, command.p1, command.p2))
        assert chip.heard[-1] == (header, command.data)


@every_offer
def test_openpaces_chip_refuses_a_wrong_number_of_ours(offer: PaceInfo) -> None:
    assert run(establish(offer, password(WRONG_CAN), os.urandom), OpenPaceChip(offer)) == PaceRefused()


def test_a_chip_that_says_yes_to_everything_is_not_believed() -> None:
    offer = OFFERS[0]

    class Liar(OpenPaceChip):
        def exchange(self, command: CommandApdu) -> ResponseApdu:
            answer = super().exchange(command)
            return answer if answer.is_ok else _dynamic(0x86, bytes(8))

    with pytest.raises(CardUnreadableError, match="does not know the password"):
        run(establish(offer, password(WRONG_CAN), os.urandom), Liar(offer))


def open_with_openpace(card: ContactlessCard | EmrtdChip, offer: PaceInfo, can: bytes) -> tuple[OpenPace, bool]:
    """Let OpenPACE be the terminal of our simulated card; tell whether both believe each other."""
    way, side = processors_for(card, is_extended=True), OpenPace(offer, can)
    longest = 256 if offer.parameters not in {1, 2} else 65536

    def step(data: bytes, tag: int, *, is_last: bool = False) -> bytes:
        answer = way.exchange(CommandApdu(0x00 if is_last else 0x10, 0x86, 0, 0, encode(0x7C, data), le=longest))
        return value_at(answer.data, 0x7C, tag) if answer.is_ok else b""

    template = encode(0x80, offer.identifier) + encode(0x83, b"\x02")
    assert way.exchange(CommandApdu(0x00, 0x22, 0xC1, 0xA4, template)).is_ok
    side.take_nonce(step(b"", 0x80))
    own = side.mapping_data()
    side.map(step(encode(0x81, own), 0x82))
    own = side.public_key()
    token = side.agree(step(encode(0x83, own), 0x84))
    proof = step(encode(0x85, token), 0x86, is_last=True)
    return side, bool(proof) and side.believes(proof)


@every_short_offer
def test_openpace_opens_our_simulated_card_and_reads_it(offer: PaceInfo, kadri_keys: CardKeys) -> None:
    card = ContactlessCard(EstonianCard(KADRI, kadri_keys), CAN, offers=(offer,), pause=lambda _seconds: None)
    for _ in attempts(offer):
        side, is_open = open_with_openpace(card, offer, CAN)
        if is_open:
            break
    assert is_open
    side.begin_session()

    def read(ins: int, p1: int, p2: int, data: bytes) -> bytes:
        side.count()
        header = side.padded(bytes((0x0C, ins, p1, p2)))
        objects = encode(0x87, b"\x01" + side.encrypt(data)) if data else b""
        objects += encode(0x97, b"\x00")
        objects += encode(0x8E, side.checksum(header + side.padded(objects)))
        answer = card.transmit(header[:4] + bytes((len(objects),)) + objects + b"\x00")
        side.count()
        covered, checksum = answer[:-12], answer[-10:-2]
        assert checksum == side.checksum(side.padded(covered))
        assert answer[-2:] == value_at(covered, 0x99) == b"\x90\x00"
        cryptogram = [each.value for each in parse_all(covered) if each.tag == 0x87]
        return side.decrypt(cryptogram[0][1:]) if cryptogram else b""

    assert read(0xA4, 0x01, 0x0C, bytes.fromhex("5000")) == b""
    assert read(0xA4, 0x02, 0x0C, bytes.fromhex("5006")) == b""
    assert read(0xB0, 0x00, 0x00, b"") == KADRI.personal_code.encode()


@among(tuple(each for each in OFFERS if each.parameters in {1, 2}))
def test_openpace_opens_our_simulated_chip_by_long_public_keys(offer: PaceInfo) -> None:
    contents = ChipContents({}, {PasswordReference.CAN: CAN}, (offer,))
    for _ in attempts(offer):
        if open_with_openpace(EmrtdChip(contents, pause=lambda _seconds: None), offer, CAN)[1]:
            return
    pytest.fail("OpenPACE and the chip do not believe each other")


def test_our_simulated_card_refuses_a_wrong_number_of_openpaces(kadri_keys: CardKeys) -> None:
    offer = OFFERS[0]
    card = ContactlessCard(EstonianCard(KADRI, kadri_keys), CAN, offers=(offer,))
    assert not open_with_openpace(card, offer, WRONG_CAN)[1]
    assert card.failures == 1
