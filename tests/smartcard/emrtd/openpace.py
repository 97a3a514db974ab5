# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""OpenPACE, which others wrote, as one side of PACE and of the session behind it: for tests where it judges ours."""

import ctypes
from collections.abc import Callable
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_ulong, c_void_p
from typing import Any

from townhall_smartcard.emrtd.pace import PasswordReference
from townhall_smartcard.emrtd.security_infos import PaceInfo
from townhall_smartcard.simulation.pace_gate import card_access

_ENCRYPT_WITH_PACE = 0


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

    def __init__(self, offer: PaceInfo, secret: bytes, reference: PasswordReference = PasswordReference.CAN) -> None:
        self._context = EAC["EAC_CTX_new"]()
        access = card_access((offer,))
        assert EAC["EAC_CTX_init_ef_cardaccess"](access, len(access), self._context)
        self._secret = EAC["PACE_SEC_new"](secret, len(secret), reference)

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
