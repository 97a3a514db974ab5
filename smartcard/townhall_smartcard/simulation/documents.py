# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Simulated identity documents: chips whose files a simulated state signed, with switches for what is wrong in them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.files import CARD_SECURITY
from townhall_smartcard.emrtd.lds.files import LdsFile
from townhall_smartcard.emrtd.lds.mrz import parse_mrz
from townhall_smartcard.emrtd.lds.security_object import SECURITY_INFOS
from townhall_smartcard.emrtd.pace import PasswordReference
from townhall_smartcard.emrtd.security_infos import (
    SET,
    ChipAuthenticationInfo,
    KeyAgreement,
    PaceInfo,
    PaceMapping,
)
from townhall_smartcard.simulation import lds_files, states
from townhall_smartcard.simulation.chip_keys import AgreementKey, EcdsaSigner, Form, public_key_info
from townhall_smartcard.simulation.emrtd_chip import ChipContents
from townhall_smartcard.simulation.lds_files import Holder
from townhall_smartcard.simulation.states import Standing
from townhall_smartcard.tlv import encode

ACCESS_NUMBER: Final = b"271828"
_PACE: Final = PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_128, 13)
_CHIP_AUTHENTICATION: Final = ChipAuthenticationInfo(KeyAgreement.ECDH, Cipher.AES_128, 1, None)
_CHIP_CURVE: Final = CURVES[13]
_MAPPING_CURVE: Final = 13
_CHIP_MAPPING: Final = PaceInfo(PaceMapping.ECDH_CHIP_AUTHENTICATION, Cipher.AES_128, _MAPPING_CURVE)


@dataclass(frozen=True, slots=True)
class DocumentWish:
    """What a document is to be."""

    signer: Standing
    """Who signs it, under whichever authority."""
    holder: Holder = field(default_factory=Holder)
    own_name: str = ""
    """The name in the state's own letters, for DG11; empty: there is no DG11."""
    picture: bytes = b""
    """A JPEG or JPEG 2000; empty: there is no DG2."""
    offers: tuple[PaceInfo, ...] = (_PACE,)
    has_chip_authentication: bool = True
    has_active_authentication: bool = False
    is_cloned: bool = False
    """The chip has all files, but not the private keys that belong to them."""
    swapped: Mapping[int, bytes] = field(default_factory=dict)
    """Data groups that somebody put in after the state had signed."""
    maps_by_chip: bool = False
    """PACE with chip authentication mapping, and EF.CardSecurity with its key."""
    card_security_signer: Standing | None = None
    """Who signs EF.CardSecurity, where it is somebody else."""
    signed_offers: tuple[PaceInfo, ...] | None = None
    """What the state signed that the chip offers, where the chip offers something else."""
    withheld: frozenset[int] = frozenset()
    """Data groups that the state signed and the chip does not have."""


def document(wish: DocumentWish) -> ChipContents:
    """Return what is in the chip of a document."""
    zone = lds_files.td1(wish.holder)
    groups = {1: lds_files.dg1(zone)}
    if wish.picture:
        groups[2] = lds_files.dg2(wish.picture)
    if wish.own_name:
        groups[11] = lds_files.details(LdsFile.DG11, {0x5F0E: wish.own_name.encode()})
    key = AgreementKey(_CHIP_AUTHENTICATION, _CHIP_CURVE, _private())
    keys: tuple[AgreementKey, ...] = (key,) if wish.has_chip_authentication else ()
    offers = (_CHIP_MAPPING,) if wish.maps_by_chip else wish.offers
    mapping = AgreementKey(replace(_CHIP_AUTHENTICATION, key=_MAPPING_CURVE), CURVES[_MAPPING_CURVE], _private())
    infos = b"".join(each.encode() for each in (offers if wish.signed_offers is None else wish.signed_offers))
    infos += b"".join(each.info.encode() + each.public_info().encode() for each in keys)
    groups[14] = encode(LdsFile.DG14.tag, encode(SET, infos))
    signer = EcdsaSigner(_CHIP_CURVE, _private(), "sha256", os.urandom)
    if wish.has_active_authentication:
        groups[15] = encode(LdsFile.DG15.tag, public_key_info(signer.curve, signer.private))
    if wish.is_cloned:
        keys = tuple(AgreementKey(each.info, each.group, _private()) for each in keys)
        signer = EcdsaSigner(_CHIP_CURVE, _private(), "sha256", os.urandom)
    listed = [each for each in LdsFile if each.number in groups]
    shown = groups | dict(wish.swapped)
    files = {each.identifier: shown[each.number] for each in listed if each.number not in wish.withheld}
    files[LdsFile.SOD.identifier] = states.security_object(wish.signer, groups)
    files[LdsFile.COM.identifier] = lds_files.common(listed)
    return ChipContents(
        application=files,
        passwords={
            PasswordReference.MRZ: bytes(parse_mrz(zone).password().secret),
            PasswordReference.CAN: ACCESS_NUMBER,
        },
        offers=offers,
        master={CARD_SECURITY.identifier: _card_security(wish, mapping)} if wish.maps_by_chip else {},
        mapping_keys={_MAPPING_CURVE: _private() if wish.is_cloned else mapping.private},
        agreement_keys=keys,
        signer=signer if wish.has_active_authentication else None,
    )


def _card_security(wish: DocumentWish, key: AgreementKey) -> bytes:
    """Return EF.CardSecurity, which says which key the chip maps with."""
    infos = encode(SET, _CHIP_MAPPING.encode() + key.public_info(Form.STANDARDISED, _MAPPING_CURVE).encode())
    (content_type,) = SECURITY_INFOS
    return states.signed_content(content_type, infos, wish.card_security_signer or wish.signer)


def _private() -> int:
    return int.from_bytes(os.urandom(_CHIP_CURVE.coordinate_bytes), "big") % (_CHIP_CURVE.order - 2) + 1
