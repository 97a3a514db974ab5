# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""DG11, DG12, DG16: more about person and document, and whom to tell (ICAO 9303-10 §4.7.11, §4.7.12, §4.7.16)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from townhall_smartcard.emrtd.lds.files import MAX_MEMBERS, LdsFile, content_of, members
from townhall_smartcard.emrtd.lds.text import PartialDate, decode_date, decode_text, split_fields, split_name
from townhall_smartcard.errors import DataGroupUnreadableError

_TAG_LIST: Final = 0x5C
_OTHERS: Final = 0xA0
_COUNT: Final = 0x02
_FIRST_PERSON: Final = 0xA1


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """DG11. Personal data: no repr; what is absent is empty."""

    surname: str = field(repr=False)  # in the state's own letters, as also the next
    given_names: str = field(repr=False)
    other_names: tuple[str, ...] = field(repr=False)
    personal_number: str = field(repr=False)
    birth: PartialDate | None = field(repr=False)
    birth_place: tuple[str, ...] = field(repr=False)
    address: tuple[str, ...] = field(repr=False)
    telephone: str = field(repr=False)
    profession: str = field(repr=False)
    title: str = field(repr=False)
    summary: str = field(repr=False)
    other_documents: tuple[str, ...] = field(repr=False)
    custody: str = field(repr=False)
    citizenship_proof: bytes = field(repr=False)  # a picture, as it is


@dataclass(frozen=True, slots=True)
class DocumentDetails:
    """DG12; what is absent is empty."""

    issuing_authority: str
    issued: PartialDate | None
    other_people: tuple[str, ...] = field(repr=False)
    endorsements: str = field(repr=False)
    exit_requirements: str = field(repr=False)
    front: bytes = field(repr=False)  # a picture, as it is, as also the next
    rear: bytes = field(repr=False)
    personalised: str = ""
    personalisation_system: str = ""


@dataclass(frozen=True, slots=True)
class PersonToNotify:
    """One entry of DG16. Personal data: no repr."""

    recorded: PartialDate | None = field(repr=False)
    name: str = field(repr=False)
    telephone: str = field(repr=False)
    address: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Fields:
    """The data objects of one file, each at most once."""

    values: Mapping[int, bytes]
    others: tuple[bytes, ...]  # members of the constructed list of further names

    def text(self, tag: int) -> str:
        return decode_text(self.values.get(tag, b""))

    def date(self, tag: int) -> PartialDate | None:
        return decode_date(self.values[tag]) if tag in self.values else None

    def listed(self, tag: int) -> tuple[str, ...]:
        return split_fields(self.text(tag))

    def bytes(self, tag: int) -> bytes:
        return self.values.get(tag, b"")


def parse_dg11(untrusted: bytes) -> PersonDetails:
    """Read DG11; raises ``DataGroupUnreadableError``."""
    found = _fields(content_of(untrusted, LdsFile.DG11), LdsFile.DG11, 0x5F0F)
    surname, given_names = split_name(found.text(0x5F0E))
    return PersonDetails(
        surname=surname,
        given_names=given_names,
        other_names=tuple(" ".join(split_fields(decode_text(each))) for each in found.others),
        personal_number=found.text(0x5F10),
        birth=found.date(0x5F2B),
        birth_place=found.listed(0x5F11),
        address=found.listed(0x5F42),
        telephone=found.text(0x5F12),
        profession=found.text(0x5F13),
        title=found.text(0x5F14),
        summary=found.text(0x5F15),
        other_documents=found.listed(0x5F17),
        custody=found.text(0x5F18),
        citizenship_proof=found.bytes(0x5F16),
    )


def parse_dg12(untrusted: bytes) -> DocumentDetails:
    """Read DG12; raises ``DataGroupUnreadableError``."""
    found = _fields(content_of(untrusted, LdsFile.DG12), LdsFile.DG12, 0x5F1A)
    moment = found.bytes(0x5F55)
    return DocumentDetails(
        issuing_authority=found.text(0x5F19),
        issued=found.date(0x5F26),
        other_people=tuple(" ".join(split_fields(decode_text(each))) for each in found.others),
        endorsements=found.text(0x5F1B),
        exit_requirements=found.text(0x5F1C),
        front=found.bytes(0x5F1D),
        rear=found.bytes(0x5F1E),
        personalised=moment.hex() if len(moment) == 7 else decode_text(moment),
        personalisation_system=found.text(0x5F56),
    )


def parse_dg16(untrusted: bytes) -> tuple[PersonToNotify, ...]:
    """Read DG16; raises ``DataGroupUnreadableError``."""
    objects = members(content_of(untrusted, LdsFile.DG16), LdsFile.DG16)
    people = [each.value for each in objects if _FIRST_PERSON <= each.tag <= 0xBF]
    if not 1 <= len(people) <= MAX_MEMBERS:
        raise DataGroupUnreadableError(LdsFile.DG16.name)
    return tuple(_person(_fields(each, LdsFile.DG16, 0)) for each in people)


def _person(found: _Fields) -> PersonToNotify:
    name = " ".join(split_fields(found.text(0x5F51)))
    return PersonToNotify(found.date(0x5F50), name, found.text(0x5F52), found.listed(0x5F53))


def _fields(content: bytes, file: LdsFile, other: int) -> _Fields:
    """Split a file; further names stand in a list of their own, or beside the rest as some write them."""
    values: dict[int, bytes] = {}
    others: list[bytes] = []
    for each in members(content, file):
        if each.tag == _OTHERS:
            others += [inner.value for inner in members(each.value, file) if inner.tag == other]
        elif each.tag == other:
            others.append(each.value)
        elif each.tag in values:
            raise DataGroupUnreadableError(file.name)
        else:
            values[each.tag] = each.value
    if len(others) > MAX_MEMBERS:
        raise DataGroupUnreadableError(file.name)
    values.pop(_TAG_LIST, None)
    return _Fields(values, tuple(others))
