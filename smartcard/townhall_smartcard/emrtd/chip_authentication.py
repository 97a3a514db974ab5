# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Chip Authentication (ICAO 9303-11 §6.2), version 1, the terminal's side, without a wire.

The chip proves its private key by going on under the new session keys; that it is this document's key is what Passive
Authentication says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from townhall_smartcard.apdu import CommandApdu, Ins
from townhall_smartcard.emrtd.agreement import E, Group, Randomness
from townhall_smartcard.emrtd.cipher import Cipher, SessionKeys
from townhall_smartcard.emrtd.pace import DYNAMIC_AUTHENTICATION
from townhall_smartcard.emrtd.public_keys import EllipticKey, ResidueKey, parse_public_key
from townhall_smartcard.emrtd.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationKey,
    KeyAgreement,
    SecurityInfo,
)
from townhall_smartcard.emrtd.steps import Steps
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError, UnexpectedStatusError
from townhall_smartcard.tlv import encode

_VERSION: Final = 1
_SET_KEY_AGREEMENT_TEMPLATE: Final = (0x41, 0xA6)
_SET_AUTHENTICATION_TEMPLATE: Final = (0x41, 0xA4)


@dataclass(frozen=True, slots=True)
class ChipAuthentication:
    """One of a chip's keys with one way to use it."""

    info: ChipAuthenticationInfo
    public_key: EllipticKey | ResidueKey


def chosen(infos: Iterable[SecurityInfo]) -> ChipAuthentication | None:
    """Return the strongest way to authenticate the chip, curves before residues; None if none is served.

    A key without a ChipAuthenticationInfo is of a chip made before there were any: it is used with 3DES.
    """
    known = tuple(infos)
    offered = [
        ChipAuthentication(info, public_key)
        for key in known
        if isinstance(key, ChipAuthenticationKey) and (public_key := _public_key(key)) is not None
        for info in _infos_of(key, known)
    ]
    return max(offered, key=lambda each: (each.info.cipher.arc, each.info.agreement), default=None)


def agree(choice: ChipAuthentication, randomness: Randomness) -> Steps[SessionKeys]:
    """Agree upon new session keys; their counter begins at 0.

    All commands go under the old session. The keys prove nothing before the chip has answered under them.

    Raises:
        UnexpectedStatusError: the chip refuses.
    """
    match choice.public_key:
        case EllipticKey(curve, point):
            return (yield from _agree(choice.info, curve, point, randomness))
        case ResidueKey(group, residue):
            return (yield from _agree(choice.info, group, residue, randomness))


def _agree(info: ChipAuthenticationInfo, group: Group[E], theirs: E, randomness: Randomness) -> Steps[SessionKeys]:
    scalar = group.random_scalar(randomness)
    own = group.encode(group.multiple_of_generator(scalar))
    if info.cipher is Cipher.TRIPLE_DES:
        data = encode(0x91, own) + _reference(info)
        answer = yield _manage(_SET_KEY_AGREEMENT_TEMPLATE, data)
        if not answer.is_ok:  # chips are about that know the other way alone (§8.5 note 1)
            yield from _by_general_authenticate(info, own)
    else:
        yield from _by_general_authenticate(info, own)
    return SessionKeys.derive(info.cipher, group.secret(group.multiply(scalar, theirs)))


def _by_general_authenticate(info: ChipAuthenticationInfo, own: bytes) -> Steps[None]:
    answer = yield _manage(_SET_AUTHENTICATION_TEMPLATE, encode(0x80, info.identifier) + _reference(info))
    if not answer.is_ok:
        raise UnexpectedStatusError("MSE SET AT", answer.status)
    body = encode(DYNAMIC_AUTHENTICATION, encode(0x80, own))
    answer = yield CommandApdu(0x00, Ins.GENERAL_AUTHENTICATE, 0x00, 0x00, body, le=256)
    if not answer.is_ok:
        raise UnexpectedStatusError("GENERAL AUTHENTICATE", answer.status)


def _manage(template: tuple[int, int], data: bytes) -> CommandApdu:
    return CommandApdu(0x00, Ins.MANAGE_SECURITY_ENVIRONMENT, *template, data)


def _reference(info: ChipAuthenticationInfo) -> bytes:
    """Name the key where it has a number: one among several must be named (§6.2.4)."""
    if info.key is None:
        return b""
    return encode(0x84, info.key.to_bytes((info.key.bit_length() + 7) // 8 or 1, "big"))


def _infos_of(key: ChipAuthenticationKey, infos: tuple[SecurityInfo, ...]) -> list[ChipAuthenticationInfo]:
    found = [
        each
        for each in infos
        if isinstance(each, ChipAuthenticationInfo)
        and (each.agreement, each.version) == (key.agreement, _VERSION)
        and each.key == key.key
    ]
    if any(isinstance(each, ChipAuthenticationInfo) for each in infos):
        return found
    return [ChipAuthenticationInfo(key.agreement, Cipher.TRIPLE_DES, _VERSION, key.key)]


def _public_key(key: ChipAuthenticationKey) -> EllipticKey | ResidueKey | None:
    try:
        public_key = parse_public_key(key.untrusted_public_key)
    except (CardUnreadableError, CardUnsupportedError):
        return None
    kind = {KeyAgreement.ECDH: EllipticKey, KeyAgreement.DH: ResidueKey}[key.agreement]
    return public_key if isinstance(public_key, EllipticKey | ResidueKey) and isinstance(public_key, kind) else None
