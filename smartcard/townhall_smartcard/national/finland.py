# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The Finnish identity cards (FINEID): version 3 with an RSA and a P-256 key, versions 4 and 4.1 with two on P-384."""

from functools import partial
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.messages import PinRole
from townhall_smartcard.national.thales import ThalesCard, ThalesKey
from townhall_smartcard.pin_format import PinFacts

_MOST_TRIES: Final = 5
_PIN_1: Final = PinFacts(reference=0x11, shortest=4, longest=12, block_bytes=12, padding=0x00)
_PIN_2: Final = PinFacts(reference=0x82, shortest=6, longest=12, block_bytes=12, padding=0x00)
_ON_P384: Final = CardAlgorithm(Scheme.ECDSA, Digest.SHA384)

AUTHENTICATION_CERTIFICATE: Final = "4331"
SIGNATURE_CERTIFICATE_3: Final = "50164335"
SIGNATURE_CERTIFICATE_4: Final = "50164332"
"""Paths; where the signature's is tells the versions apart."""

_KEYS_3: Final = {
    PinRole.AUTHENTICATION: ThalesKey(
        certificate=bytes.fromhex(AUTHENTICATION_CERTIFICATE),
        key=0x01,
        pin=_PIN_1,
        algorithm=CardAlgorithm(Scheme.RSA_PSS, Digest.SHA256),
        signature_bytes=256,
    ),
    PinRole.SIGNATURE: ThalesKey(
        certificate=bytes.fromhex(SIGNATURE_CERTIFICATE_3),
        key=0x03,
        pin=_PIN_2,
        algorithm=CardAlgorithm(Scheme.ECDSA, Digest.SHA256),
        signature_bytes=64,
    ),
}
_KEYS_4: Final = {
    PinRole.AUTHENTICATION: ThalesKey(
        certificate=bytes.fromhex(AUTHENTICATION_CERTIFICATE),
        key=0x01,
        pin=_PIN_1,
        algorithm=_ON_P384,
        signature_bytes=96,
    ),
    PinRole.SIGNATURE: ThalesKey(
        certificate=bytes.fromhex(SIGNATURE_CERTIFICATE_4),
        key=0x02,
        pin=_PIN_2,
        algorithm=_ON_P384,
        signature_bytes=96,
    ),
}

finnish_card_3: Final = partial(ThalesCard, keys=_KEYS_3, most_tries=_MOST_TRIES)
finnish_card_4: Final = partial(ThalesCard, keys=_KEYS_4, most_tries=_MOST_TRIES)
