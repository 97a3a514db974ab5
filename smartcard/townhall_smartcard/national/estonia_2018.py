# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The Estonian card of 2018 under the contract of all national cards; what it does with the card is in ``estonia``."""

import re
from datetime import date
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.errors import CardUnsupportedError
from townhall_smartcard.estonia import CERTIFICATE_PATHS, PINS, EstonianIdCard, StatedData
from townhall_smartcard.messages import CardStatement, PinRole, PinTries
from townhall_smartcard.national.contract import NationalContents
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pins import Pin, PinRefusal
from townhall_smartcard.processors import ApduProcessor

ALGORITHM: Final = CardAlgorithm(Scheme.ECDSA, Digest.SHA384)
_DATE: Final = re.compile(r"(\d{2}) (\d{2}) (\d{4})")
_SEXES: Final = {"N": "F", "M": "M"}  # naine, mees


class EstonianCardOf2018:
    """One card in one transaction; see ``NationalCard``."""

    def __init__(self, card: ApduProcessor) -> None:
        self._driver: Final = EstonianIdCard(card)

    def read(self) -> NationalContents:
        """Read the personal data file, both certificates and the three retry counters."""
        contents = self._driver.read()
        return NationalContents(
            stated=statement_of(contents.stated),
            certificates=contents.certificates,
            algorithms=dict.fromkeys(CERTIFICATE_PATHS, ALGORITHM),
            tries=contents.tries,
        )

    def read_certificate(self, role: PinRole) -> bytes:
        """Read the certificate of one of the two keys."""
        self.algorithm(role)
        return self._driver.read_certificate(role)

    def read_tries(self, role: PinRole) -> PinTries:
        """Read one retry counter; no try is used."""
        return self._driver.read_tries(role)

    def pin_facts(self, role: PinRole) -> PinFacts:
        """Return how PIN 1 or PIN 2 is presented; the card is not asked."""
        self.algorithm(role)
        return PINS[role]

    def algorithm(self, role: PinRole) -> CardAlgorithm:
        """Return the same for both keys; the card is not asked."""
        if role not in CERTIFICATE_PATHS:
            raise CardUnsupportedError
        return ALGORITHM

    def authenticate(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a SHA-384 digest with the authentication key after PIN 1."""
        return self._driver.authenticate(pin, digest, last_try_confirmed=last_try_confirmed)

    def sign(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a SHA-384 digest with the signature key after PIN 2."""
        return self._driver.sign(pin, digest, last_try_confirmed=last_try_confirmed)


def statement_of(records: StatedData) -> CardStatement:
    """Return what the records of an Estonian card say, in the words of all cards."""
    return CardStatement(
        surname=records.surname,
        given_names=records.given_names,
        sex=_SEXES.get(records.sex, records.sex),
        nationality=records.citizenship,
        birth_date=_date(records.birth),
        birth_place=_DATE.sub("", records.birth, count=1).strip(),
        personal_code=records.personal_code,
        document_number=records.document_number,
        expiry_date=_date(records.expiry_date),
        issuing_date=_date(records.issuing_date),
    )


def _date(printed: str) -> date | None:
    """Read "DD MM YYYY" at the beginning of a record; None where no such day stands there."""
    found = _DATE.match(printed)
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        return None
