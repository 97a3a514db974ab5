# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One invented document, ERIKSSON's of ICAO 9303, in as many chips as a test wants."""

import itertools
from collections.abc import Callable
from typing import Final

import pytest

from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.mrz_key import mrz_password
from townhall_smartcard.emrtd.pace import PacePassword, PasswordReference
from townhall_smartcard.emrtd.security_infos import (
    SET,
    ChipAuthenticationInfo,
    KeyAgreement,
    PaceInfo,
    PaceMapping,
)
from townhall_smartcard.simulation.chip_keys import AgreementKey, EcdsaSigner, public_key_info
from townhall_smartcard.simulation.emrtd_chip import ChipContents
from townhall_smartcard.tlv import encode

COM: Final = bytes.fromhex("60145F0104303130365F36063034303030305C026175")
PACE_AES: Final = PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_128, 13)
CAN: Final = b"271828"


def drawn_from(seed: int) -> Randomness:
    """Bytes that are the same in every run, and never the same twice in one."""
    counter = itertools.count(seed)
    return lambda count: b"".join(
        Cipher.AES_128.encrypt(bytes(16), bytes(16), next(counter).to_bytes(16, "big")) for _ in range(count // 16 + 1)
    )[:count]


@pytest.fixture
def randomness() -> Randomness:
    return drawn_from(1)


@pytest.fixture
def mrz() -> PacePassword:
    return mrz_password(b"L898902C<", b"690806", b"940623")


@pytest.fixture
def can() -> PacePassword:
    return PacePassword(PasswordReference.CAN, CAN)


@pytest.fixture
def chip_key() -> AgreementKey:
    return AgreementKey(ChipAuthenticationInfo(KeyAgreement.ECDH, Cipher.AES_256, 1, None), CURVES[16], 0xC0FFEE)


@pytest.fixture
def signer(randomness: Randomness) -> EcdsaSigner:
    return EcdsaSigner(CURVES[13], 0xDECAF, "sha256", randomness)


@pytest.fixture
def contents(mrz: PacePassword, chip_key: AgreementKey, signer: EcdsaSigner) -> Callable[..., ChipContents]:
    """A chip's contents: by PACE with AES, or as the arguments say; with a photo of 40,000 bytes."""

    def make(
        *,
        offers: tuple[PaceInfo, ...] = (PACE_AES,),
        keys: tuple[AgreementKey, ...] = (chip_key,),
        photo_bytes: int = 40_000,
        has_bac: bool = True,
    ) -> ChipContents:
        infos = b"".join(each.encode() for each in offers)
        infos += b"".join(each.info.encode() + each.public_info().encode() for each in keys)
        return ChipContents(
            application={
                0x011E: COM,
                0x011D: encode(0x77, drawn_from(1000)(1500)),
                0x0101: encode(0x61, encode(0x5F1F, b"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<")),
                0x0102: encode(0x75, drawn_from(2000)(photo_bytes)),
                0x0103: encode(0x63, b"fingers"),
                0x010E: encode(0x6E, encode(SET, infos)),
                0x010F: encode(0x6F, public_key_info(signer.curve, signer.private)),
            },
            passwords={PasswordReference.MRZ: bytes(mrz.secret), PasswordReference.CAN: CAN},
            offers=offers,
            has_bac=has_bac,
            agreement_keys=keys,
            signer=signer,
        )

    return make
