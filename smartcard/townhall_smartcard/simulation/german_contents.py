# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a simulated German card has in it: its codes, what it counted, its files, and how it behaves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.pace import PasswordReference
from townhall_smartcard.emrtd.security_infos import (
    OBJECT_IDENTIFIER,
    SEQUENCE,
    SET,
    ChipAuthenticationInfo,
    KeyAgreement,
    PaceInfo,
    PaceMapping,
)
from townhall_smartcard.tlv import encode

OFFER: Final = PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_128, 13)
"""AES-128 over brainpoolP256r1 (BSI TR-03116-2 §3)."""
EID_APPLICATION: Final = bytes.fromhex("E80704007F00070302")
EMRTD_APPLICATION: Final = bytes.fromhex("A0000002471001")
CAN: Final = b"500540"
PIN: Final = b"271828"
PUK: Final = b"9876543210"
TRANSPORT_PIN: Final = b"31415"

MOST_TRIES: Final = 3
_PUK_USES: Final = 10
CARD_ACCESS, DIRECTORY = 0x011C, 0x2F00
_TERMINAL_AUTHENTICATION_2: Final = encode(
    SEQUENCE, encode(OBJECT_IDENTIFIER, bytes.fromhex("04007F0007020202")) + b"\x02\x01\x02"
)
CHIP_AUTHENTICATION: Final = ChipAuthenticationInfo(KeyAgreement.ECDH, Cipher.AES_128, 2, 0x41)


@dataclass(slots=True)
class GermanSecrets:
    """What a card knows, and what it counted; it changes as the card is used."""

    can: bytes = field(default=CAN, repr=False)
    pin: bytes = field(default=PIN, repr=False)
    puk: bytes = field(default=PUK, repr=False)
    tries: int = MOST_TRIES
    puk_uses: int = _PUK_USES
    is_active: bool = True
    """Whether the online function is on."""

    def passwords(self) -> Mapping[PasswordReference, bytes]:
        """Return what PACE knows at this moment."""
        return {PasswordReference.CAN: self.can, PasswordReference.PIN: self.pin, PasswordReference.PUK: self.puk}


@dataclass(frozen=True, slots=True)
class GermanHabits:
    """How a card behaves, within what cards in the field and programs of others do."""

    offers: tuple[PaceInfo, ...] = (OFFER,)
    counts_in_answers: bool = True
    """Without it, a wrong PIN is a bare 6300."""
    resumes_in_the_open: bool = False
    """The access number resumes the PIN until a reset, and PACE inside a session is not known."""
    shows_directory: bool = True
    shows_versions: bool = True
    """Whether EF.CardAccess tells of Terminal and Chip Authentication."""


def german_files(habits: GermanHabits) -> dict[int, bytes]:
    """Return the files that are shown to everybody, by their identifiers."""
    infos = b"".join(each.encode() for each in habits.offers)
    if habits.shows_versions:
        infos = _TERMINAL_AUTHENTICATION_2 + CHIP_AUTHENTICATION.encode() + infos
    files = {CARD_ACCESS: encode(SET, infos)}
    if habits.shows_directory:
        names = (EMRTD_APPLICATION, EID_APPLICATION)
        files[DIRECTORY] = b"".join(encode(0x61, encode(0x4F, name)) for name in names)
    return files
