# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is printed on a document beside what its chip says, field by field."""

import enum
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from townhall_smartcard.emrtd.lds.mrz import Mrz


class Field(enum.Enum):
    """What both say; the value is its name in texts and files."""

    SURNAME = "surname"
    GIVEN_NAMES = "given-names"
    DOCUMENT_NUMBER = "document-number"
    DOCUMENT_KIND = "document-kind"
    STATE = "state"
    NATIONALITY = "nationality"
    BIRTH = "birth"
    SEX = "sex"
    EXPIRY = "expiry"
    OPTIONAL = "optional"


_Said: TypeAlias = Callable[[Mrz], object]
_FIELDS: Final[Mapping[Field, _Said]] = {
    Field.SURNAME: lambda zone: zone.surname,
    Field.GIVEN_NAMES: lambda zone: zone.given_names,
    Field.DOCUMENT_NUMBER: lambda zone: zone.document_number,
    Field.DOCUMENT_KIND: lambda zone: (zone.size, zone.document_code),
    Field.STATE: lambda zone: zone.issuer,
    Field.NATIONALITY: lambda zone: zone.nationality,
    Field.BIRTH: lambda zone: (zone.birth, zone.key[1]),
    Field.SEX: lambda zone: zone.sex,
    Field.EXPIRY: lambda zone: (zone.expiry, zone.key[2]),
    Field.OPTIONAL: lambda zone: zone.optional,
}


def differing(printed: Mrz, chip: Mrz) -> frozenset[Field]:
    """Return the fields in which two zones are not the same, sign by sign."""
    return frozenset(field for field, said in _FIELDS.items() if said(printed) != said(chip))
