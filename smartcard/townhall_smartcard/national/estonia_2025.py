# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The Estonian identity card of 2025 (Thales): personal data in plain files, two keys on P-384.

A new card has PINs that its holder sets before the first use; until then its keys sign nothing.
"""

from dataclasses import replace
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.apdu import MAX_SHORT_LE
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.estonia import StatedData, is_personal_code, record_text
from townhall_smartcard.messages import CardStatement, PinRole
from townhall_smartcard.national.contract import NationalContents
from townhall_smartcard.national.estonia_2018 import statement_of
from townhall_smartcard.national.estonia_pins import PINS_2025
from townhall_smartcard.national.thales import APPLICATION, ThalesCard, ThalesKey
from townhall_smartcard.processors import ApduProcessor

AUTHENTICATION_CERTIFICATE: Final = "ADF13411"
_MOST_TRIES: Final = 3
_BY_PATH: Final = 0x08
_PERSONAL_DATA: Final = bytes.fromhex("DFDD")
_RECORDS: Final = range(1, 9)
_ON_P384: Final = CardAlgorithm(Scheme.ECDSA, Digest.SHA384)

_KEYS: Final = {
    PinRole.AUTHENTICATION: ThalesKey(
        certificate=bytes.fromhex(AUTHENTICATION_CERTIFICATE),
        key=0x01,
        pin=PINS_2025[PinRole.AUTHENTICATION],
        algorithm=_ON_P384,
        signature_bytes=96,
    ),
    PinRole.SIGNATURE: ThalesKey(
        certificate=bytes.fromhex("ADF23421"),
        key=0x05,
        pin=PINS_2025[PinRole.SIGNATURE],
        algorithm=_ON_P384,
        signature_bytes=96,
    ),
}


class EstonianCardOf2025(ThalesCard):
    """One card in one transaction; see ``NationalCard``."""

    def __init__(self, card: ApduProcessor) -> None:
        """Take the card."""
        super().__init__(card, _KEYS, _MOST_TRIES)

    def read(self) -> NationalContents:
        """Read the personal data file, both certificates and both retry counters."""
        return replace(super().read(), stated=self._stated())

    def _stated(self) -> CardStatement:
        """Read records 1 to 8; they are those of the card before, whose ninth this one does not have."""
        self._card.select_application(APPLICATION)
        records = [self._record(number) for number in _RECORDS]
        surname, given_names, sex, citizenship, birth, personal_code, document, expiry = records
        if not (surname or given_names) or not is_personal_code(personal_code):
            raise CardUnreadableError("the personal data file names nobody")
        return statement_of(
            StatedData(
                surname=surname,
                given_names=given_names,
                sex=sex,
                citizenship=citizenship,
                birth=birth,
                personal_code=personal_code,
                document_number=document,
                expiry_date=expiry,
                issuing_date="",
            )
        )

    def _record(self, number: int) -> str:
        length = self._card.select_file(_BY_PATH, _PERSONAL_DATA + bytes((0x50, number)))
        return record_text(self._card.read_selected(length, MAX_SHORT_LE))
